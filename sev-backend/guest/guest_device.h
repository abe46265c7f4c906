// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "sev-backend/abi/derived_key.h"
#include "sev-backend/guest/guest_reports.h"

namespace kastellan::sev {

/// /dev/sev-guest of a guest's kernel (Documentation/virt/coco/sev-guest.rst). One request at a time: not safe in several threads.
class GuestDevice final : public GuestReports {
public:
    [[nodiscard]] static Result<std::unique_ptr<GuestDevice>> open(
        const GuestPatience &patience = {}, const std::filesystem::path &path = "/dev/sev-guest");

    [[nodiscard]] Result<GuestReport> report(const GuestQuestion &question, const std::stop_token &stop) override;
    /// A key that only a guest like this one on this chip gets again. Secret: the caller wipes it.
    [[nodiscard]] Result<KeyResponse> derivedKey(const KeyRequest &request, const std::stop_token &stop);
    [[nodiscard]] std::string name() const override { return m_path.string(); }

private:
    GuestDevice(Fd device, std::filesystem::path path, const GuestPatience &patience);
    /// Why a request came to nothing.
    struct Refusal {
        int error = 0; ///< errno
        std::uint32_t firmware = 0, monitor = 0; ///< EXIT_INFO_2
        bool cancelled = false;
    };
    using Asked = std::expected<void, Refusal>;
    [[nodiscard]] Asked ask(std::uint32_t number, const void *request, void *response, const std::stop_token &stop) const;
    [[nodiscard]] std::unexpected<Error> explain(std::string_view what, const Refusal &refusal) const;
    [[nodiscard]] Result<GuestReport> extended(const GuestQuestion &question, const std::stop_token &stop) const;

    Fd m_device;
    std::filesystem::path m_path;
    GuestPatience m_patience;
};

} // namespace kastellan::sev
