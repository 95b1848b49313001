// SPDX-License-Identifier: Apache-2.0
// SegmentScan: the intact batches of one segment file, one after the other, and what lies between
// them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/batch.h"
#include "journal/file_window.h"
#include "journal/finding.h"

namespace fors::journal {

class SegmentScan {
public:
    // Reads the header. Code::not_implemented: of a later version; names the file.
    static env::Task<Result<SegmentScan>> open(env::Disk& disk, std::string path, Pace& pace);

    const std::string& path() const { return path_; }
    uint64_t size() const { return window_.size(); }
    // Where no copy of the header fits: generation, salt and number of the first batch that does.
    // Nothing: no batch either.
    const std::optional<SegmentHeader>& header() const { return header_; }
    bool headless() const { return headless_; }

    // The next batch of this generation whose checksum fits; null: no more. Batches with
    // `void_from` or a higher number are void, and so is what does not rise.
    env::Task<Result<std::unique_ptr<Batch>>> next(uint64_t void_from);
    uint64_t offset() const { return offset_; }  // of the batch just given
    uint64_t end() const { return end_; }        // of it, or where the first one would be
    // Where something that is no batch lies between this batch and the one before (or, at the end,
    // behind the last one, when it looks like a batch of this generation); what its directory
    // says, for which no checksum vouches.
    const std::optional<uint64_t>& unfit() const { return unfit_; }
    const std::vector<RunEntry>& unfit_runs() const { return unfit_runs_; }
    // Whether there is the header of a batch of this generation that was not given.
    bool begun() const { return begun_; }

    // Both copies of the header and the zeros around them. `with_batches`: the segment has been
    // in use.
    void check_header(bool with_batches, std::vector<Finding>& findings) const;
    // Batches from `due` to before `found` should lie at unfit(), or else at `offset`.
    Finding unfit_finding(uint64_t offset, uint64_t due, uint64_t found) const;
    // What should be zero behind the batch's directory and isn't.
    void check_padding(const Batch& batch, std::vector<Finding>& findings) const;
    const std::vector<Unreadable>& unreadable() const { return window_.unreadable(); }

private:
    SegmentScan(FileWindow window, std::string path)
        : window_(std::move(window)), path_(std::move(path)) {}
    env::Task<Result<>> read_header();
    env::Task<Result<>> find_header();
    env::Task<Result<>> note_unfit();

    FileWindow window_;
    std::string path_;
    std::vector<std::byte> head_;  // the file's first block
    std::optional<SegmentHeader> header_;
    bool headless_ = false;
    uint64_t at_ = block_bytes;
    uint64_t offset_ = 0;
    uint64_t end_ = block_bytes;
    uint64_t last_number_ = 0;
    std::optional<uint64_t> unfit_;
    std::vector<RunEntry> unfit_runs_;
    bool begun_ = false;
};

}  // namespace fors::journal
