// SPDX-License-Identifier: Apache-2.0
// Listener: one subscription to one shard, taken out again whenever it ends.
#pragma once

#include <functional>
#include <string>

#include "load/events.h"
#include "load/job.h"
#include "load/link.h"

namespace fors::load {

class Listener final : public Link::Owner {
public:
    struct Events {
        std::function<void()> listening;                   // for the first time
        std::function<void(std::string_view data)> heard;  // a record's data, in base64
        std::function<void(std::string_view kind, std::string_view text)> trouble;
    };

    // The references outlive it.
    Listener(env::Env& env, const Target& target, Signer& signer, std::string consumer,
             std::string shard, Events events);
    ~Listener() override;

    void begin() { link_.connect(); }

private:
    void on_free(Link& link, Link::Slot& slot) override;
    bool on_piece(Link::Slot& slot, Bytes piece) override;
    void on_answer(Link& link, Link::Slot& slot) override;
    void on_failure(Link& link, Link::Slot& slot, std::string_view why) override;
    void on_broken(Link& link, std::string_view why) override;
    void take(const Event& event);
    void subscribe();

    env::Env& env_;
    Target target_;  // one request a connection
    Link link_;
    Signer& signer_;
    std::string consumer_;
    std::string shard_;
    Events events_;
    EventReader reader_;
    std::string position_ = R"({"Type":"LATEST"})";
    std::string body_;
    std::string hash_;
    Link::Slot* slot_ = nullptr;  // free, until the next try
    env::TimerId again_;
    bool listening_ = false;
    bool refused_ = false;
};

}  // namespace fors::load
