// SPDX-License-Identifier: Apache-2.0
// CBOR bodies of replies as AWS writes them: maps and lists of indefinite length, blobs raw,
// timestamps tagged: milliseconds in the older form, seconds in that of Smithy RPC.
#include <bit>
#include <cstdint>

#include "wire/encoder.h"
#include "wire/engine.h"

namespace fors::wire {
namespace {

enum class Major : uint8_t { positive, negative, bytes, text, list, map, tag, simple };

class CborWriter {
public:
    CborWriter(Output& out, bool seconds) : out_(out), seconds_(seconds) {}

    void open_map() { byte(0xbf); }
    void close_map() { byte(0xff); }
    void open_list() { byte(0x9f); }
    void close_list() { byte(0xff); }

    void key(std::string_view name) { text(name); }
    void text_key(std::string_view name) { text(name); }

    void text(std::string_view text) {
        head(Major::text, text.size());
        out_.put(text);
    }
    void blob(Bytes data) {
        head(Major::bytes, data.size());
        out_.put(as_text(data));
    }
    void integer(int64_t value) {
        if (value >= 0)
            head(Major::positive, static_cast<uint64_t>(value));
        else
            head(Major::negative, ~static_cast<uint64_t>(value));
    }
    void timestamp(Timestamp time) {
        head(Major::tag, 1);
        if (seconds_)
            real(static_cast<double>(time.ms) / 1000);
        else
            integer(time.ms);
    }
    void real(double value) {
        const auto bits = std::bit_cast<uint64_t>(value);
        byte(0xfb);
        for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<uint8_t>(bits >> shift));
    }
    void boolean(bool value) { byte(value ? 0xf5 : 0xf4); }
    void null() { byte(0xf6); }

private:
    void byte(uint8_t value) { out_.put(static_cast<char>(value)); }

    // Kind and number in the shortest form: within the first byte, or in 1, 2, 4 or 8 bytes behind
    // it.
    void head(Major major, uint64_t number) {
        char* to = out_.room(9);
        int width = 0, code = 24;
        if (number >= 24)
            width = number > 0xffffffff ? 8 : number > 0xffff ? 4 : number > 0xff ? 2 : 1;
        for (int w = width; w > 1; w /= 2) ++code;
        int low = width == 0 ? static_cast<int>(number) : code;
        *to++ = static_cast<char>(static_cast<int>(major) << 5 | low);
        for (int shift = width * 8 - 8; shift >= 0; shift -= 8)
            *to++ = static_cast<char>(number >> shift);
        out_.used_until(to);
    }

    Output& out_;
    bool seconds_;
};

}  // namespace

void encode_cbor(const Table& shape, const void* object, std::string& out, bool seconds) {
    Output output(out, estimate(shape, object));
    CborWriter writer(output, seconds);
    Encoder<CborWriter>(writer).structure(shape, object);
    output.finish();
}

void encode_error_cbor(std::string_view type, std::string_view message, std::string& out) {
    Output output(out, type.size() + message.size() + 40);
    CborWriter writer(output, false);
    writer.open_map();
    writer.key("__type");
    writer.text(type);
    if (!message.empty()) {
        writer.key(type == "SerializationException" ? "Message" : "message");
        writer.text(message);
    }
    writer.close_map();
    output.finish();
}

}  // namespace fors::wire
