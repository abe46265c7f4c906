// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/kubevirt/address.h"
#include "sev-backend/kubevirt/kubeconfig.h"

#include <stop_token>

namespace kastellan::sev::kubevirt {

/// How one namespace of one cluster is reached, as a kubeconfig says.
struct Access {
    Address address; ///< with context and namespace filled in
    ClusterEntry cluster;
    UserEntry user;
    std::string clusterName, userName;
    /// Sentences about what reaching it means for the person: a program that is run, a certificate that is not checked.
    [[nodiscard]] std::vector<std::string> notes() const;
    /// "/usr/bin/kubelogin get-token", or empty: the program that is run to log in.
    [[nodiscard]] std::string program() const;
};

/// Holds an address against a kubeconfig; reads no other file and runs nothing. A context, cluster or user that is not there, a server
/// whose certificate is not to be checked without the named override, or a way to log in that can't be used here: Input errors that name
/// file and line.
[[nodiscard]] Result<Access> resolve(const Kubeconfig &config, const Address &address);

/// What a client proves itself with. No text of it ever gets into an error.
struct Proof {
    std::string certificatePem, keyPem, token;
    std::int64_t until = 0; ///< Unix seconds; 0: it does not say
};
/// Reads the user's files, or runs the user's program: without a shell, for at most a minute and 1 MiB of output, and only if nobody else
/// could have written the kubeconfig that names it.
[[nodiscard]] Result<Proof> proofOf(const Access &access, const std::stop_token &stop);
/// What such a program printed (ExecCredential).
[[nodiscard]] Result<Proof> parseCredential(std::string_view json, const ExecPlugin &plugin);

} // namespace kastellan::sev::kubevirt
