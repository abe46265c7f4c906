// SPDX-License-Identifier: Apache-2.0
// JSON for the rooms of the engine. Include it in .cpp files only: it is heavy. The schema is in docs/json.md.
#pragma once

#include "core/evidence/record.h"

#include <nlohmann/json.hpp>

#include <functional>

namespace kastellan::js {

/// For writing: keeps the order in which members are added.
using Out = nlohmann::ordered_json;
/// For reading: members are found in logarithmic time, so that a hostile file cannot make reading slow.
using In = nlohmann::json;

/// Parses a text of at most `limit` bytes and 64 levels of nesting; every error is an Input error that names `what` and the offset.
[[nodiscard]] Result<In> parse(std::string_view text, std::string_view what, std::size_t limit = std::size_t{64} << 20);
/// The text of a value; bytes that are not UTF-8 become U+FFFD. `indent` -1 for one line.
[[nodiscard]] std::string dump(const Out &value, int indent = -1);

/// Reads the members of one object with their types checked. After the first failure every read yields an empty value,
/// and status() says which member was wrong and where.
class Object {
public:
    Object(const In &value, std::string where);

    [[nodiscard]] std::string text(const char *key); ///< required
    [[nodiscard]] std::string textOr(const char *key, std::string otherwise = {});
    [[nodiscard]] std::int64_t integer(const char *key, std::int64_t lowest, std::int64_t highest); ///< required
    [[nodiscard]] std::int64_t integerOr(const char *key, std::int64_t otherwise, std::int64_t lowest, std::int64_t highest);
    [[nodiscard]] bool flag(const char *key); ///< required
    [[nodiscard]] bool flagOr(const char *key, bool otherwise);
    [[nodiscard]] Bytes base64(const char *key); ///< required
    /// A fixed number of bytes in hex; nullopt when the member is missing or null.
    template <typename Fixed>
    [[nodiscard]] std::optional<Fixed> fixed(const char *key)
    {
        const In *value = find(key);
        if (!value || value->is_null())
            return std::nullopt;
        const auto bytes = hex(key);
        if (m_status && bytes.size() != Fixed::size)
            wrong(key, "it has " + std::to_string(bytes.size()) + " bytes, and needs " + std::to_string(Fixed::size));
        if (!m_status)
            return std::nullopt;
        return *Fixed::from(bytes, key);
    }
    /// The same, required.
    template <typename Fixed>
    [[nodiscard]] Fixed fixedRequired(const char *key)
    {
        auto value = fixed<Fixed>(key);
        if (!value && m_status)
            wrong(key, "it is missing");
        return value.value_or(Fixed{});
    }
    /// Every element of an array of at most 100,000; a missing array has none. `read` gets the element and its place ("findings[3]").
    void each(const char *key, const std::function<Status(const In &, const std::string &)> &read);
    [[nodiscard]] std::vector<std::string> texts(const char *key); ///< an array of texts; missing: none
    /// The member as it is; null pointer when it is missing or an earlier read failed.
    [[nodiscard]] const In *find(const char *key) const;
    [[nodiscard]] std::string place(const char *key) const { return m_where + "." + key; }
    /// Records a failure of the caller's own.
    void wrong(const char *key, std::string why);
    void also(Status status);
    [[nodiscard]] Status status() const { return m_status; }

private:
    [[nodiscard]] Bytes hex(const char *key);
    const In &m_value;
    std::string m_where;
    Status m_status;
};

/// How the bytes of evidence are written into JSON and read back: whole in base64 for exports, by digest in the store.
struct Blobs {
    std::function<Out(ByteView)> write;
    std::function<Result<Bytes>(const In &, const std::string &where)> read;
    /// {"base64": …} in place.
    [[nodiscard]] static Blobs inPlace();
};

[[nodiscard]] Out toJson(const Finding &finding);
[[nodiscard]] Result<Finding> findingFrom(const In &value, const std::string &where);
[[nodiscard]] Out toJson(const Appraisal &appraisal);
[[nodiscard]] Result<Appraisal> appraisalFrom(const In &value, const std::string &where);
[[nodiscard]] Out toJson(const ReferenceValues &expected);
[[nodiscard]] Result<ReferenceValues> referenceValuesFrom(const In &value, const std::string &where);
[[nodiscard]] Out toJson(const Evidence &evidence, const Blobs &blobs = Blobs::inPlace());
[[nodiscard]] Result<Evidence> evidenceFrom(const In &value, const std::string &where, const Blobs &blobs = Blobs::inPlace());
[[nodiscard]] Out toJson(const Binding &binding);
[[nodiscard]] Result<Binding> bindingFrom(const In &value, const std::string &where);
[[nodiscard]] Out toJson(const EvidenceView &view);
[[nodiscard]] Out toJson(const Record &record, const Blobs &blobs = Blobs::inPlace());
[[nodiscard]] Result<Record> recordFrom(const In &value, const std::string &where, const Blobs &blobs = Blobs::inPlace());
[[nodiscard]] Out toJson(const RecordSummary &summary);

} // namespace kastellan::js
