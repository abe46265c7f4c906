// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kastellan::sev::kubevirt {

/// Where something stands: "/home/ada/.kube/config, line 12".
struct Place {
    std::filesystem::path file;
    int line = 0;
    [[nodiscard]] std::string text() const;
};

struct ClusterEntry {
    std::string server; ///< https://… or http://…
    std::string authoritiesPem; ///< certificate-authority-data, decoded
    std::string authoritiesFile; ///< certificate-authority, against the file's folder
    std::string serverName; ///< tls-server-name
    std::string proxy; ///< proxy-url
    bool anyCertificate = false; ///< insecure-skip-tls-verify
    Place place;
};

/// A program that logs the person in (client.authentication.k8s.io, v1 or v1beta1).
struct ExecPlugin {
    std::string command;
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;
    std::string apiVersion, installHint, interactiveMode;
    bool wantsCluster = false; ///< provideClusterInfo
    Place place;
};

struct UserEntry {
    std::string certificatePem, certificateFile, keyPem, keyFile, token, tokenFile;
    std::optional<ExecPlugin> exec;
    std::string unsupported; ///< "username and password", "auth-provider": what of it can't be used here
    Place place;
};

struct ContextEntry {
    std::string cluster, user, nameSpace;
    Place place;
};

/// One kubeconfig, or several merged (Kubernetes, "Organizing Cluster Access Using kubeconfig Files").
struct Kubeconfig {
    std::map<std::string, ClusterEntry, std::less<>> clusters;
    std::map<std::string, UserEntry, std::less<>> users;
    std::map<std::string, ContextEntry, std::less<>> contexts;
    std::string current; ///< current-context
    std::vector<std::filesystem::path> files; ///< that were read
};

/// One file's text. Paths in it are taken against its folder. Errors name file and line, and repeat no secret.
[[nodiscard]] Result<Kubeconfig> parseKubeconfig(std::string_view text, const std::filesystem::path &file);
/// $KUBECONFIG (a list with ':'; what is not there is passed over), else ~/.kube/config. Of entries with the same name the first counts.
/// No file at all: an Input error.
[[nodiscard]] Result<Kubeconfig> loadKubeconfig();
/// The files that loadKubeconfig would read.
[[nodiscard]] std::vector<std::filesystem::path> kubeconfigFiles();

} // namespace kastellan::sev::kubevirt
