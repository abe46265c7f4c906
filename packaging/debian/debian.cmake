# SPDX-License-Identifier: Apache-2.0
# The Debian package, made by `./dev package`: what `cmake --install` installs under /usr, and what Debian wants beside it.
# Nothing is stripped here: the keep image is measured, and its digest is compiled into the programs. The release preset has no debug information.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kastellan)
set(CPACK_PACKAGE_VENDOR "The Kastellan founders")
set(CPACK_PACKAGE_CONTACT "The Kastellan founders <kastellan@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "launch workloads in AMD SEV keeps and have proven what runs there")
set(CPACK_PACKAGE_DESCRIPTION "Kastellan launches workloads in keeps: instances that AMD SEV, SEV-ES or SEV-SNP
protects from the machine they run on. Before anything is sent, a keep has to
prove what runs in it, and every verdict is explained.

It finds out whether a host is ready for SEV, manages its firmware and
certificates, reads and checks attestation evidence of every kind, and exports
it for auditors. An emulated platform lets everything be tried without any
hardware. The desktop program is kastellan, the command line keepctl.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# The keep image brings its own libraries, which nothing outside of it may use; they count as the package's own.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/share/kastellan/keep-image/lib/x86_64-linux-gnu
    ${CMAKE_BINARY_DIR}/share/kastellan/keep-image/usr/lib/x86_64-linux-gnu)
# Loaded by name, so that no program links them.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libvirt-daemon-system, qemu-system-x86, pkexec, polkitd, qt6-svg-plugins, qt6-wayland")
# What `keepctl image build` needs, and remote hosts.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "ovmf-amdsev, linux-source-6.12, gcc, make, flex, bison, bc, libelf-dev, cpio, openssh-client, passt")
include(CPack)
