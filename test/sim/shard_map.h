// SPDX-License-Identifier: Apache-2.0
// Shards as ListShards tells them.
#pragma once

#include <string>
#include <vector>

#include "base/hash_key.h"

namespace fors::test {

struct ListedShard {
    std::string id;
    std::vector<std::string> parents;
    HashKey first, last;
    bool closed = false;
};

std::vector<ListedShard> listed_shards(const std::string& answer);

// The hash ranges follow one another from the first key to the last.
bool tile_the_space(std::vector<ListedShard> shards);

}  // namespace fors::test
