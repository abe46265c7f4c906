// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/kubevirt/access.h"

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

namespace kastellan::sev::kubevirt {

/// One question to the Kubernetes API, with the words that its error needs.
struct Call {
    std::string what; ///< "create the virtual machine"
    std::string method = "GET";
    std::string path; ///< "/apis/kubevirt.io/v1/namespaces/NS/virtualmachineinstances", with its query
    std::string body; ///< JSON
    std::string verb = "get"; ///< as roles name it
    std::string resource; ///< "virtualmachineinstances", "nodes"…
    std::string group = "kubevirt.io"; ///< of the resource; empty: the core
    bool inNamespace = true; ///< else it is of the whole cluster
    std::size_t limit = std::size_t{4} << 20; ///< bytes of the answer
    std::chrono::milliseconds timeout{60'000};
};

/// An error of the API: its HTTP status beside what a person is told (0: nothing was answered).
struct ApiError {
    Error error;
    long status = 0;
    bool again = false; ///< whether the same may succeed a little later
};
template <typename T>
using ApiResult = std::expected<T, ApiError>;

/// What a Status object (or anything else) of an answer that is no success means, for a person: cause and remedy.
[[nodiscard]] ApiError explain(
    const Call &call, const Access &access, long status, std::string_view body, std::string_view retryAfter = {});
/// A server's words, fit for a message: control characters made blanks, cut at 600 bytes.
[[nodiscard]] std::string said(std::string_view text);

/// Speaks with one cluster. Logs in when it is first asked, and once more when the cluster refuses the login (401). Can be used by several
/// threads.
class Api {
public:
    explicit Api(Access access)
        : m_access(std::move(access))
    {
    }
    [[nodiscard]] const Access &access() const { return m_access; }
    /// The body of an answer of 200 to 299.
    [[nodiscard]] ApiResult<std::string> ask(const Call &call, const std::stop_token &stop);
    /// A watch: `line` gets each line of the stream; false ends it. Returns when the server has ended it; after `call.timeout` at the
    /// latest.
    [[nodiscard]] ApiResult<void> stream(const Call &call, const std::function<bool(std::string_view)> &line, const std::stop_token &stop);

private:
    [[nodiscard]] ApiResult<Proof> proof(const std::stop_token &stop, const std::string *refused);
    [[nodiscard]] ApiResult<std::string> exchange(const Call &call, const std::function<bool(ByteView)> &sink, const std::stop_token &stop);

    Access m_access;
    std::mutex m_mutex;
    std::optional<Proof> m_proof;
    std::optional<std::string> m_authorities;
};

/// The longest line of a watch.
inline constexpr std::size_t watchLineLimit = std::size_t{4} << 20;

} // namespace kastellan::sev::kubevirt
