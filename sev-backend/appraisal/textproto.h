// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>

namespace kastellan::sev {

/// One field of a message in protocol buffers' text format (protobuf.dev, Text Format Language Specification).
struct ProtoField {
    enum class Kind : std::uint8_t { Text, Number, Word, Message };
    std::string name;
    unsigned line = 0; ///< from 1
    Kind kind = Kind::Word;
    std::string text; ///< Text: the bytes; Number and Word: as written
    std::vector<ProtoField> fields; ///< Message
};
/// The fields of a message, in order; the elements of a list each as a field of their own. At most 1 MB, 10,000 fields and 16 levels;
/// errors name file and line.
[[nodiscard]] Result<std::vector<ProtoField>> parseTextProto(std::string_view text, std::string_view file);
/// A whole number: decimal, 0x… or 0… (octal).
[[nodiscard]] std::optional<std::uint64_t> protoNumber(std::string_view text);

} // namespace kastellan::sev
