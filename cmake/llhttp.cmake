# SPDX-License-Identifier: Apache-2.0
# llhttp (Node's HTTP/1.1 parser, MIT): C source of Debian's package node-llhttp, unpacked into .deps/ by ./dev.

set(FORS_LLHTTP ${PROJECT_SOURCE_DIR}/.deps/llhttp/usr/share)
if(NOT EXISTS ${FORS_LLHTTP}/llhttp/llhttp.c)
  message(FATAL_ERROR "llhttp's source is missing; run ./dev build, which unpacks it into .deps/")
endif()
add_library(llhttp STATIC ${FORS_LLHTTP}/llhttp/api.c ${FORS_LLHTTP}/llhttp/http.c
                          ${FORS_LLHTTP}/llhttp/llhttp.c)
target_include_directories(llhttp SYSTEM PUBLIC ${FORS_LLHTTP}/include/llhttp)
target_compile_options(llhttp PRIVATE -w -O2)
# Line ends and tokens exactly as the RFC has them: what two parsers read differently is what smuggling needs.
target_compile_definitions(llhttp PUBLIC LLHTTP_STRICT_MODE=1)
if(FORS_FUZZ) # the fuzzer must see which of its branches an input takes
  target_compile_options(llhttp PRIVATE -fsanitize=fuzzer-no-link,address)
endif()
