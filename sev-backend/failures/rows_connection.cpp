// SPDX-License-Identifier: Apache-2.0
// What stands between us and libvirt's daemon, on this machine or another one. The words are those of libvirt 11.3 and OpenSSH.
#include "sev-backend/failures/rows.h"

namespace kastellan::sev {
namespace {

constexpr FailureRow rows[] = {
    {"libvirt.auth", "libvirt wants to know who you are",
        "authentication unavailable|no polkit agent|authentication cancelled|authentication failed*polkit|access denied by policy",
        "Using libvirt's system daemon needs a permission (org.libvirt.unix.manage), and nothing could ask you for it.",
        "Join the group 'libvirt' and log in again, or use qemu:///session.",
        "virt-manager/virt-manager#625, Qubinode/qubinode-installer#11"},
    {"libvirt.tls", "The TLS connection to libvirt failed",
        "cannot read ca certificate|certificate*has expired|certificate*is not yet active|unable to verify server certificate|"
        "tls handshake failed|unable to read tls confirmation|failed to verify peer's certificate|unable to verify tls peer|server "
        "verification (of our certificate|"
        "certificate*owner does not match the hostname|certificate owner does not match|unable to set x509",
        "libvirt's qemu+tls wants certificates on both sides, in /etc/pki (or ~/.pki/libvirt), and one is missing, expired, made for "
        "another "
        "name, or not known to the other side.",
        "Look at them with 'virt-pki-validate' on both machines; or use qemu+ssh://HOST/system, which needs none.",
        "m-bers/docker-virt-manager#2, dmacvicar/terraform-provider-libvirt#810"},
    {"libvirt.ssh-changed", "The machine has another key than the one that ssh knows",
        "remote host identification has changed|host key for*has changed",
        "Somebody may stand between you and that machine, or it was installed anew. Nothing was sent to it.",
        "Ask its operator for the fingerprint of its key, and compare. Only if it is right, forget the old one: 'ssh-keygen -R HOST', and "
        "run 'ssh HOST' by hand once.",
        "kaist-cp/cs431#636"},
    {"libvirt.ssh-host", "ssh does not know that machine", "host key verification failed",
        "ssh was run without a terminal, so nobody was asked whether the machine's key is right.",
        "Run 'ssh HOST' by hand once, and compare the key with the one that its operator gives you.", "retspen/webvirtcloud#120"},
    {"libvirt.ssh-key", "ssh was not let in", "permission denied (publickey|permission denied (keyboard|too many authentication failures",
        "The other machine did not take any of your keys, and no password can be asked for.",
        "Put your key there ('ssh-copy-id HOST'), or load it into the agent ('ssh-add'); check the user in the address.",
        "retspen/webvirtcloud#120"},
    {"libvirt.permission", "libvirt's socket may not be opened", "failed to connect socket to*permission denied",
        "The daemon runs, and this user may not talk to it.", "Join the group 'libvirt' and log in again, or use qemu:///session.",
        "Fmstrat/winapps#328"},
    {"libvirt.no-daemon", "libvirt's daemon does not run",
        "failed to connect socket to*no such file or directory|failed to connect socket to*connection refused|failed to start up libvirtd|"
        "failed to connect socket",
        "Nobody listens on libvirt's socket: the daemon is not installed, or not started, or ended.",
        "Install libvirt-daemon-system, and start it: 'systemctl start virtqemud.socket', or 'systemctl start libvirtd' where there is one "
        "daemon for all.",
        "virt-manager/virt-manager#298, crc-org/crc#2154"},
    {"libvirt.unreachable", "The machine was not reached",
        "unable to connect to server at|no route to host|connection timed out|could not resolve hostname|name or service not known|"
        "unable to resolve address|connection refused|network is unreachable",
        "Nothing answers at that address: the name is wrong, the machine is off, a firewall is between, or nothing listens on that port.",
        "Try 'ssh HOST' or 'ping HOST'; for qemu+tls the daemon listens on port 16514 only when its socket virtproxyd-tls.socket runs.",
        "virt-manager/virt-manager#298"},
    {"libvirt.lost", "The connection to libvirt was lost",
        "end of file while reading data|end of file while writing data|client socket is closed|connection reset by peer|keepalive timeout|"
        "received hangup event on socket",
        "The daemon was stopped or crashed, or the connection to its machine broke. Virtual machines go on running.",
        "Try again: Kastellan finds its keeps again ('keepctl keep recover'). If the daemon does not come back, see its log.",
        "hibiki31/virty#6"},
};

} // namespace

std::span<const FailureRow> connectionRows()
{
    return rows;
}

} // namespace kastellan::sev
