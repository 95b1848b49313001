// SPDX-License-Identifier: Apache-2.0
// Encoder: walks an object by its shape table and tells a Writer of one format what it finds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/bytes.h"
#include "wire/shape.h"

namespace fors::wire {

// Writes a text, which may be an empty one from nowhere, and gives the place behind it.
inline char* copy_to(char* to, std::string_view text) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

// The end of a string, written through a bare pointer; what was appended counts from finish() on.
class Output {
public:
    Output(std::string& out, size_t estimate) : out_(out) {
        grow_to(out.size() + estimate, out.size());
    }

    // Gives room for `size` bytes; what was not used is given out again by the next call.
    char* room(size_t size) {
        if (static_cast<size_t>(end_ - next_) < size) grow(size);
        return next_;
    }
    void used_until(char* next) { next_ = next; }

    void put(char c) {
        *room(1) = c;
        ++next_;
    }
    void put(std::string_view text) { next_ = copy_to(room(text.size()), text); }

    // The byte written last.
    char& last() { return next_[-1]; }
    void drop_last() { --next_; }

    void finish() { out_.resize(written()); }

private:
    size_t written() const { return static_cast<size_t>(next_ - out_.data()); }

    void grow(size_t size) { grow_to(std::max(written() + size, 2 * out_.size()), written()); }

    void grow_to(size_t size, size_t written) {
        size_t asked = std::max(size, out_.capacity());
        out_.resize_and_overwrite(asked, [asked](char*, size_t) { return asked; });
        next_ = out_.data() + written;
        end_ = out_.data() + asked;
    }

    std::string& out_;
    char* next_ = nullptr;
    char* end_ = nullptr;
};

// About the number of bytes an object takes in either format, seldom too few.
size_t estimate(const Table& shape, const void* object);

template <class Writer>
class Encoder {
public:
    explicit Encoder(Writer& out) : out_(out) {}

    void structure(const Table& shape, const void* object) {
        out_.open_map();
        for (const Field& field : shape.fields) {
            const void* value = field.access.peek(object);
            if (!value && field.presence != Presence::nullable) continue;
            out_.key(field.name);
            if (value)
                member(field, value);
            else
                out_.null();
        }
        out_.close_map();
    }

private:
    template <class T>
    static const T& as(const void* value) {
        return *static_cast<const T*>(value);
    }

    void member(const Field& field, const void* value) {
        switch (field.kind) {
            case Kind::text:
                return out_.text(as<std::string_view>(value));
            case Kind::blob:
                return out_.blob(as<Bytes>(value));
            case Kind::int32:
                return out_.integer(as<int32_t>(value));
            case Kind::int64:
                return out_.integer(as<int64_t>(value));
            case Kind::real:
                return out_.real(as<double>(value));
            case Kind::boolean:
                return out_.boolean(as<bool>(value));
            case Kind::timestamp:
                return out_.timestamp(as<Timestamp>(value));
            case Kind::structure:
                return structure(*field.shape, value);
            case Kind::list:
                return list(field, value);
            case Kind::map:
                return map(as<Map>(value));
        }
    }

    void list(const Field& field, const void* elements) {
        out_.open_list();
        size_t count = field.access.count(elements);
        for (size_t i = 0; i < count; ++i) {
            const void* element = field.access.element(elements, i);
            switch (field.element_kind) {
                case Kind::structure:
                    structure(*field.shape, element);
                    break;
                case Kind::real:
                    out_.real(as<double>(element));
                    break;
                case Kind::timestamp:
                    out_.timestamp(as<Timestamp>(element));
                    break;
                default:
                    out_.text(as<std::string_view>(element));
            }
        }
        out_.close_list();
    }

    void map(const Map& entries) {
        out_.open_map();
        for (const auto& [key, value] : entries) {
            out_.text_key(key);
            out_.text(value);
        }
        out_.close_map();
    }

    Writer& out_;
};

}  // namespace fors::wire
