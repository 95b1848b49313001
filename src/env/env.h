// SPDX-License-Identifier: Apache-2.0
// env: the seams between fors and the world: time, chance, disk, network, threads. Interfaces and
// nothing else.
//
// main wires the real ones (host), tests wire simulated ones (sim), so that the whole server runs
// in one thread in virtual time under a seed. Passed by constructor, never global. Rules that keep
// determinism: no threads inside modules, no iteration over hash maps where order reaches the
// outside, no addresses in logic, chance only from Random.
#pragma once

#include "env/clock.h"
#include "env/disk.h"
#include "env/executor.h"
#include "env/network.h"
#include "env/random.h"
#include "env/task.h"
#include "env/turnstile.h"

namespace fors::env {

// One reactor's view of the world. The references outlive everything built on them.
struct Env {
    Clock& clock;
    Random& random;
    Network& network;
    Executor& executor;
};

}  // namespace fors::env
