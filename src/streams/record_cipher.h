// SPDX-License-Identifier: Apache-2.0
// RecordCipher: partition key and data of encrypted streams, between plain and as they lie in the
// log (docs/ARCHITECTURE.md, "Encryption").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/key_provider.h"
#include "log/log.h"
#include "streams/catalog.h"

namespace fors::streams {

// Of a log record: key and data are sealed.
inline constexpr uint16_t flag_encrypted = 2;

// On the home thread. Of the data keys that were used since the start it knows each stream's
// newest, as who may only write can't have it unwrapped again, and some thousands of the older
// ones.
class RecordCipher {
public:
    RecordCipher(core::KeyProvider& keys, env::Random& random) : keys_(keys), nonces_(random) {}

    bool knows(const Stream& stream, const WrappedKey& key) const;
    void learn(const Stream& stream, const WrappedKey& key, const core::AesKey& plain);

    // Seals what is to be appended with the stream's newest data key, which must be known. `sealed`
    // then holds what `append` points to.
    void seal(const Stream& stream, log::Append& append, std::string& sealed);

    // Opens the sealed records of a shard's batch in place, into a buffer of its own. Errors: those
    // of core::KeyProvider::unwrap, of whom `use` says; Code::corrupt.
    Result<> open(const core::KeyUse& use, const Stream& stream, log::ShardId shard,
                  log::Batch& batch);

    // The stream is gone.
    void forget(uint64_t generation);

private:
    using Name = std::pair<uint64_t, uint32_t>;  // generation of the stream, number of the key
    using Ciphers = std::map<Name, core::AesGcm>;
    core::AesGcm* find(const Name& name);
    void add_older(Ciphers::node_type cipher);
    Result<core::AesGcm*> cipher_for(const core::KeyUse& use, const Stream& stream,
                                     uint32_t number);

    core::KeyProvider& keys_;
    core::GcmNonces nonces_;
    Ciphers newest_;  // one of each stream
    Ciphers older_;
};

}  // namespace fors::streams
