// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace kastellan::test {

/// JSON that is written with ' in place of ": moc stumbles over raw strings.
[[nodiscard]] inline std::string q(std::string text)
{
    for (char &c : text)
        if (c == '\'')
            c = '"';
    return text;
}

/// tests/support/kubernetes_double.py, running, with a kubeconfig for it: contexts "token" and "certificate" (namespace "keeps"), and
/// "wrong" with a token that the server does not know. KUBECONFIG leads to it as long as the object is there.
class ClusterDouble {
public:
    explicit ClusterDouble(const std::filesystem::path &folder);
    ~ClusterDouble();
    ClusterDouble(const ClusterDouble &) = delete;
    ClusterDouble &operator=(const ClusterDouble &) = delete;

    /// A line of JSON for it; returns when it was heard.
    void tell(const std::string &json);
    /// All lines of requests so far, each JSON.
    [[nodiscard]] std::vector<std::string> heard();
    /// Waits until a request's line has this in it; false after half a minute.
    [[nodiscard]] bool waitFor(const std::string &text, std::size_t times = 1);
    /// How many lines have this in them.
    [[nodiscard]] std::size_t count(const std::string &text);
    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(m_port); }
    [[nodiscard]] std::filesystem::path kubeconfig() const { return m_folder / "config"; }
    void writeKubeconfig(const std::string &moreUsers = {}, const std::string &moreContexts = {}) const;

    static constexpr const char *token = "token-that-nobody-may-see-7c1d";

private:
    /// Reads lines until there are so many that have `until` in them (0: until there is any), and all that are there.
    bool read(const std::string &until, std::size_t times, bool waitsNot = false);
    std::filesystem::path m_folder;
    Fd m_in, m_out;
    pid_t m_process = -1;
    int m_port = 0;
    std::string m_part;
    std::vector<std::string> m_lines;
};

} // namespace kastellan::test
