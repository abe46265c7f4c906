// SPDX-License-Identifier: Apache-2.0
// Every ioctl of /dev/sev, as a program of somebody else's would use it: permissions, short buffers, bad pointers.
// usage: sev_client host|legacy|readonly|pdh|new-pdh; exits with the number of things that are not as they should be
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <linux/psp-sev.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { certificate = 2084, chain = 3 * certificate, tooMuch = 0x4001 };
static void *volatile nowhere = (void *)8;
static uint32_t error; // the firmware's, of the last command

static int issue(int device, uint32_t number, const void *data)
{
    struct sev_issue_cmd command = {.cmd = number, .data = (uintptr_t)data, .error = 0x5555};
    const int result = ioctl(device, SEV_ISSUE_CMD, &command);
    error = command.error;
    return result;
}

// Fails with EIO, for the firmware says this.
#define REFUSED(call, status)                                                                                                              \
    do {                                                                                                                                   \
        FAILS(call, EIO);                                                                                                                  \
        CHECK(error == (uint32_t)(status));                                                                                                \
    } while (0)

static void generic(int device)
{
    FAILS(issue(device, SEV_MAX, NULL), EINVAL);
    FAILS(issue(device, 0xffffffff, NULL), EINVAL);
    FAILS(ioctl(device, SEV_ISSUE_CMD, nowhere), EFAULT);
    FAILS(ioctl(device, _IO('S', 77), NULL), EINVAL);
    struct sev_user_data_status state = {0};
    CHECK(issue(device, SEV_PLATFORM_STATUS, &state) == 0 && error == 0);
    CHECK((state.api_major == 1 || state.api_minor > 0) && state.state <= 2);
    FAILS(issue(device, SEV_PLATFORM_STATUS, nowhere), EFAULT);
}

static void identity(int device)
{
    struct sev_user_data_get_id old = {{0}, {0}};
    CHECK(issue(device, SEV_GET_ID, &old) == 0);
    struct sev_user_data_get_id2 id = {0, 0};
    REFUSED(issue(device, SEV_GET_ID2, &id), SEV_RET_INVALID_LEN);
    CHECK(id.length == 64 || id.length == 8);
    uint8_t chip[64] = {0};
    const uint32_t length = id.length;
    id.address = (uintptr_t)chip;
    id.length = length - 1;
    REFUSED(issue(device, SEV_GET_ID2, &id), SEV_RET_INVALID_LEN);
    CHECK(id.length == length);
    CHECK(issue(device, SEV_GET_ID2, &id) == 0 && id.length == length);
    CHECK(memcmp(chip, old.socket1, length) == 0 && (chip[0] | chip[1] | chip[2] | chip[3]));
    id.address = (uintptr_t)nowhere;
    FAILS(issue(device, SEV_GET_ID2, &id), EFAULT);
    FAILS(issue(device, SEV_GET_ID2, nowhere), EFAULT);
}

static void exportChain(int device)
{
    static uint8_t pdh[certificate], certificates[chain], csr[certificate];
    struct sev_user_data_pdh_cert_export out = {0, 0, 0, 0};
    REFUSED(issue(device, SEV_PDH_CERT_EXPORT, &out), SEV_RET_INVALID_LEN);
    CHECK(out.pdh_cert_len == certificate && out.cert_chain_len == chain);
    out.pdh_cert_address = (uintptr_t)pdh;
    out.cert_chain_address = (uintptr_t)certificates;
    out.cert_chain_len = chain - 1;
    REFUSED(issue(device, SEV_PDH_CERT_EXPORT, &out), SEV_RET_INVALID_LEN);
    CHECK(out.cert_chain_len == chain);
    CHECK(issue(device, SEV_PDH_CERT_EXPORT, &out) == 0 && out.pdh_cert_len == certificate && out.cert_chain_len == chain);
    CHECK(pdh[0] == 1 && certificates[0] == 1 && certificates[certificate] == 1); // versions of the certificates
    out.pdh_cert_address = (uintptr_t)nowhere;
    FAILS(issue(device, SEV_PDH_CERT_EXPORT, &out), EFAULT);
    FAILS(issue(device, SEV_PDH_CERT_EXPORT, nowhere), EFAULT);

    struct sev_user_data_pek_csr request = {0, 0};
    REFUSED(issue(device, SEV_PEK_CSR, &request), SEV_RET_INVALID_LEN);
    CHECK(request.length == certificate);
    request.address = (uintptr_t)csr;
    request.length = 100;
    REFUSED(issue(device, SEV_PEK_CSR, &request), SEV_RET_INVALID_LEN);
    CHECK(issue(device, SEV_PEK_CSR, &request) == 0 && csr[0] == 1);
    request.address = (uintptr_t)nowhere;
    FAILS(issue(device, SEV_PEK_CSR, &request), EFAULT);
    request.length = tooMuch;
    FAILS(issue(device, SEV_PEK_CSR, &request), EFAULT);

    struct sev_user_data_pek_cert_import in = {(uintptr_t)csr, certificate, (uintptr_t)csr, certificate};
    FAILS(issue(device, SEV_PEK_CERT_IMPORT, &in), EIO); // none of these signed the other
    CHECK(error != 0);
    in.oca_cert_len = 0;
    FAILS(issue(device, SEV_PEK_CERT_IMPORT, &in), EINVAL);
    in.oca_cert_len = tooMuch;
    FAILS(issue(device, SEV_PEK_CERT_IMPORT, &in), EINVAL);
    in.oca_cert_len = certificate;
    in.oca_cert_address = (uintptr_t)nowhere;
    FAILS(issue(device, SEV_PEK_CERT_IMPORT, &in), EFAULT);
    FAILS(issue(device, SEV_PEK_CERT_IMPORT, nowhere), EFAULT);
}

static void keys(int device)
{
    static uint8_t pdh[2][certificate], certificates[chain];
    for (int i = 0; i < 2; ++i) {
        struct sev_user_data_pdh_cert_export out = {(uintptr_t)pdh[i], certificate, (uintptr_t)certificates, chain};
        CHECK(issue(device, SEV_PDH_CERT_EXPORT, &out) == 0);
        CHECK(issue(device, SEV_PDH_GEN, NULL) == 0);
    }
    CHECK(memcmp(pdh[0], pdh[1], certificate) != 0);
    CHECK(issue(device, SEV_PEK_GEN, NULL) == 0 && error == 0);
    CHECK(issue(device, SEV_FACTORY_RESET, NULL) == 0 && error == 0);
    struct sev_user_data_status state = {0};
    CHECK(issue(device, SEV_PLATFORM_STATUS, &state) == 0 && (state.flags & 1) == 0); // not owned
}

static struct sev_user_data_snp_status snpStatus(int device)
{
    struct sev_user_data_snp_status state;
    memset(&state, 0, sizeof state);
    CHECK(issue(device, SNP_PLATFORM_STATUS, &state) == 0);
    return state;
}

static void snp(int device)
{
    struct sev_user_data_snp_status state = snpStatus(device);
    CHECK(state.api_major == 1 && state.state == 1 && state.is_rmp_initialized && state.current_tcb_version && !state.mask_chip_id);
    FAILS(issue(device, SNP_PLATFORM_STATUS, NULL), EINVAL);
    FAILS(issue(device, SNP_PLATFORM_STATUS, nowhere), EFAULT);

    struct sev_user_data_snp_config config;
    memset(&config, 0, sizeof config);
    config.reported_tcb = state.reported_tcb_version;
    config.mask_chip_id = 1;
    CHECK(issue(device, SNP_SET_CONFIG, &config) == 0);
    CHECK(snpStatus(device).mask_chip_id == 1);
    config.mask_chip_id = 0;
    CHECK(issue(device, SNP_SET_CONFIG, &config) == 0);
    CHECK(snpStatus(device).mask_chip_id == 0);
    config.reported_tcb = ~0ull;
    FAILS(issue(device, SNP_SET_CONFIG, &config), EIO); // more than what runs
    CHECK(error == SEV_RET_INVALID_PARAM);
    config.reported_tcb = state.reported_tcb_version;
    config.rsvd1[51] = 1;
    REFUSED(issue(device, SNP_SET_CONFIG, &config), SEV_RET_INVALID_PARAM);
    FAILS(issue(device, SNP_SET_CONFIG, NULL), EINVAL);
    FAILS(issue(device, SNP_SET_CONFIG, nowhere), EFAULT);
    CHECK(issue(device, SNP_COMMIT, NULL) == 0);
    CHECK(snpStatus(device).reported_tcb_version == state.reported_tcb_version);

    struct sev_user_data_snp_wrapped_vlek_hashstick stick;
    memset(&stick, 7, sizeof stick);
    struct sev_user_data_snp_vlek_load load = {sizeof load, 0, {0}, (uintptr_t)&stick};
    FAILS(issue(device, SNP_VLEK_LOAD, &load), EIO); // wrapped for no chip
    load.len = 15;
    FAILS(issue(device, SNP_VLEK_LOAD, &load), EINVAL);
    load.len = sizeof load;
    load.vlek_wrapped_version = 1;
    FAILS(issue(device, SNP_VLEK_LOAD, &load), EINVAL);
    load.vlek_wrapped_version = 0;
    load.vlek_wrapped_address = (uintptr_t)nowhere;
    FAILS(issue(device, SNP_VLEK_LOAD, &load), EFAULT);
    FAILS(issue(device, SNP_VLEK_LOAD, NULL), EINVAL);
}

// What a descriptor for reading may do: look, and commit.
static void readOnly(int device)
{
    static uint8_t buffer[chain];
    struct sev_user_data_status state;
    struct sev_user_data_pek_csr csr = {(uintptr_t)buffer, sizeof buffer};
    struct sev_user_data_pek_cert_import in = {(uintptr_t)buffer, certificate, (uintptr_t)buffer, certificate};
    struct sev_user_data_snp_config config = {0};
    struct sev_user_data_snp_vlek_load load = {sizeof load, 0, {0}, (uintptr_t)buffer};
    CHECK(issue(device, SEV_PLATFORM_STATUS, &state) == 0);
    CHECK(snpStatus(device).api_major == 1);
    CHECK(issue(device, SNP_COMMIT, NULL) == 0);
    FAILS(issue(device, SEV_FACTORY_RESET, NULL), EPERM);
    FAILS(issue(device, SEV_PEK_GEN, NULL), EPERM);
    FAILS(issue(device, SEV_PDH_GEN, NULL), EPERM);
    FAILS(issue(device, SEV_PEK_CSR, &csr), EPERM);
    FAILS(issue(device, SEV_PEK_CERT_IMPORT, &in), EPERM);
    FAILS(issue(device, SNP_SET_CONFIG, &config), EPERM);
    FAILS(issue(device, SNP_VLEK_LOAD, &load), EPERM);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const int device = open("/dev/sev", strcmp(what, "readonly") ? O_RDWR : O_RDONLY);
    if (device < 0) {
        perror("/dev/sev");
        return 1;
    }
    if (!strcmp(what, "readonly")) {
        readOnly(device);
    } else if (!strcmp(what, "host") || !strcmp(what, "legacy")) {
        generic(device);
        identity(device);
        exportChain(device);
        keys(device);
        if (!strcmp(what, "host"))
            snp(device);
        else
            FAILS(issue(device, SNP_PLATFORM_STATUS, &(struct sev_user_data_snp_status){0}), EINVAL);
    } else if (!strcmp(what, "pdh")) { // prints the beginning of the PDH's public key
        static uint8_t pdh[certificate], certificates[chain];
        struct sev_user_data_pdh_cert_export out = {(uintptr_t)pdh, certificate, (uintptr_t)certificates, chain};
        CHECK(issue(device, SEV_PDH_CERT_EXPORT, &out) == 0);
        for (int i = 0x14; i < 0x34; ++i)
            printf("%02x", pdh[i]);
    } else if (!strcmp(what, "new-pdh")) {
        CHECK(issue(device, SEV_PDH_GEN, NULL) == 0);
    } else {
        fprintf(stderr, "sev_client: what is '%s'?\n", what);
        return 2;
    }
    close(device);
    return failures;
}
