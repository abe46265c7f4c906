// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the fuzzers of clusters: kubeconfigs and answers of our own making.
// usage: make_kubevirt_corpus FOLDER
#include "tests/fuzz/corpus.h"

using namespace kastellan;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_kubevirt_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path corpus = argv[1];
    fuzz::put(corpus / "kubeconfig" / "whole",
        asBytes(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- name: c\n  cluster:\n    server: https://c:6443\n"
            "    certificate-authority-data: QUJD\n    tls-server-name: k\n    proxy-url: socks5://p\nusers:\n- name: u\n  user: &u\n"
            "    token: t\n- name: e\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [a], env: [{name: A, "
            "value: b}], installHint: h, interactiveMode: Never, provideClusterInfo: true}}\n- {name: v, user: *u}\n"
            "contexts:\n- {name: a, context: {cluster: c, user: u, namespace: n}}\n- {name: e, context: {cluster: c, user: e}}\n"));
    fuzz::put(corpus / "kubeconfig" / "open",
        asBytes("clusters: [{name: c, cluster: {server: 'https://c', insecure-skip-tls-verify: true}}]\n"
                "users: [{name: u, user: {client-certificate: a, client-key-data: QQ==, tokenFile: t}}]\n"
                "contexts: [{name: a/b, context: {cluster: c, user: u}}]\n"));
    fuzz::put(corpus / "kubeconfig" / "json",
        asBytes(R"({"clusters":[{"name":"c","cluster":{"server":"https://c"}}],"contexts":[{"name":"x","context":{"cluster":"c"}}]})"));
    const auto answer = [&](const char *name, char which, const std::string &text) {
        fuzz::put(corpus / "cluster_answers" / name, asBytes(which + text));
    };
    const std::string vmi =
        R"({"metadata":{"name":"keep-1","uid":"u","resourceVersion":"7"},"spec":{"domain":{"launchSecurity":{"snp":{"policy":"0x30000"}}}},)"
        R"("status":{"phase":"Running","nodeName":"n","reason":"r","conditions":[{"type":"Ready","status":"False","reason":"R","message":"m"}]}})";
    answer("vmi", 0, vmi);
    answer("event", 1, R"({"type":"MODIFIED","object":)" + vmi + "}");
    answer("expired", 1, R"({"type":"ERROR","object":{"code":410,"reason":"Expired","message":"m"}})");
    answer("list", 2, R"({"metadata":{"resourceVersion":"8"},"items":[)" + vmi + "]}");
    answer("schema", 3,
        R"({"components":{"schemas":{"io.kubevirt.v1.VirtualMachineInstance":{"properties":{"spec":{"properties":{"domain":{"allOf":[{"$ref":)"
        R"("#/components/schemas/d"}]}}}}},"d":{"properties":{"launchSecurity":{"properties":{"snp":{"properties":{"policy":{"type":"string"}}}}}}}}}})");
    answer("status", 4,
        R"({"kind":"Status","message":"admission webhook denied the request: feature gate","reason":"Invalid","details":{"kind":"namespaces","name":"n",)"
        R"("causes":[{"field":"f","message":"m"}]}})");
    answer("credential", 5,
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"2030-01-02T03:04:05Z"}})");
    answer("resources", 5, R"({"resources":[{"name":"virtualmachineinstances/sev/fetchcertchain"}]})");
    return 0;
}
