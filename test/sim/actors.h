// SPDX-License-Identifier: Apache-2.0
// The actors of a run. Each goes on until the scene is over; scene and clients outlive them.
#pragma once

#include "scene.h"

namespace fors::test {

// Before the others: the stream, one after the other its consumers and its key.
env::Task<void> create_stream(Scene& scene, SimulatedClient& client);
env::Task<void> register_consumer(Scene& scene, SimulatedClient& client, std::string name,
                                  std::string& arn);

// Puts single records and batches, and notes what was acknowledged.
env::Task<void> write(Scene& scene, SimulatedClient& client, int writer);
// After all faults: puts until it is acknowledged, which must not take long.
env::Task<void> write_at_last(Scene& scene, SimulatedClient& client);

// Reads some shard from its beginning, or from where a reader was, up to its tip and on from there;
// holds an iterator for long sometimes. What was acknowledged before is given.
env::Task<void> read(Scene& scene, SimulatedClient& client);
// After everything: all of all shards, once.
env::Task<void> read_all(Scene& scene, SimulatedClient& client);

// Is pushed to, goes on where it was cut off, and from a shard's end to one of its children; at the
// end until it has been given all there is.
env::Task<void> listen(Scene& scene, SimulatedSubscriber& subscriber, std::string consumer);

// Lists the shards, and splits, merges, resizes or warms; what comes of it, the lists tell.
env::Task<void> reshape(Scene& scene, SimulatedClient& client);

// Encrypts the stream, disables, enables and rotates the key. Leaves it enabled.
env::Task<void> keep_key(Scene& scene, SimulatedClient& client);

// Makes another stream, uses it a little and deletes it, again and again.
env::Task<void> remake(Scene& scene, SimulatedClient& client);

// Has no right to be here (ClientOptions::as).
env::Task<void> intrude(Scene& scene, SimulatedClient& client);

}  // namespace fors::test
