// SPDX-License-Identifier: Apache-2.0
// How the process's heap deals with large buffers.
#pragma once

namespace fors::host {

// Buffers of replies and batches come and go by the megabyte. By default each goes back to the
// system when it is freed and comes as fresh pages again, which costs more than filling it. At the
// start of the process.
void keep_freed_memory();

}  // namespace fors::host
