// SPDX-License-Identifier: Apache-2.0
// For tests: requests as llhttp, Node's parser, reads them.
#pragma once

#include <llhttp.h>

#include <string>
#include <vector>

#include "http/http.h"

namespace fors::http {

class LlhttpReader {
public:
    struct Read {
        std::string method;
        std::string target;
        std::vector<std::pair<std::string, std::string>> headers;  // as they came
        std::string body;
    };

    struct Reading {
        std::vector<Read> requests;
        bool refused;  // what comes behind them
    };
    static Reading read(Bytes all) {
        LlhttpReader reader;
        llhttp_t parser;
        llhttp_init(&parser, HTTP_REQUEST, settings());
        parser.data = &reader;
        const bool refused = llhttp_execute(&parser, as_text(all).data(), all.size()) != HPE_OK;
        return {std::move(reader.whole_), refused};
    }

private:
    static LlhttpReader& self(llhttp_t* parser) {
        return *static_cast<LlhttpReader*>(parser->data);
    }

    static const llhttp_settings_t* settings() {
        static const llhttp_settings_t all = [] {
            llhttp_settings_t s;
            llhttp_settings_init(&s);
            s.on_message_begin = [](llhttp_t* parser) {
                self(parser).begin();
                return 0;
            };
            s.on_url = [](llhttp_t* parser, const char* at, size_t size) {
                self(parser).now_.target.append(at, size);
                return 0;
            };
            s.on_header_field = [](llhttp_t* parser, const char* at, size_t size) {
                self(parser).name_.append(at, size);
                return 0;
            };
            s.on_header_value = [](llhttp_t* parser, const char* at, size_t size) {
                self(parser).value_.append(at, size);
                return 0;
            };
            s.on_header_value_complete = [](llhttp_t* parser) {
                self(parser).end_field();
                return 0;
            };
            s.on_headers_complete = [](llhttp_t* parser) {
                parser->upgrade = 0;
                self(parser).after_head_ = true;
                return 0;
            };
            s.on_body = [](llhttp_t* parser, const char* at, size_t size) {
                self(parser).now_.body.append(at, size);
                return 0;
            };
            s.on_message_complete = [](llhttp_t* parser) {
                LlhttpReader& reader = self(parser);
                reader.now_.method =
                    llhttp_method_name(static_cast<llhttp_method_t>(parser->method));
                reader.whole_.push_back(std::move(reader.now_));
                return 0;
            };
            return s;
        }();
        return &all;
    }

    void begin() {
        now_ = {};
        name_.clear();
        value_.clear();
        after_head_ = false;
    }
    void end_field() {
        if (!after_head_) now_.headers.emplace_back(std::move(name_), std::move(value_));
        name_.clear();
        value_.clear();
    }

    Read now_;
    std::string name_, value_;
    bool after_head_ = false;
    std::vector<Read> whole_;
};

}  // namespace fors::http
