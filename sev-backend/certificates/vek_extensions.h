// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/tcb.h"
#include "sev-backend/certificates/certificate.h"

namespace kastellan::sev {

/// What AMD's own extensions say in a VCEK or VLEK (arc 1.3.6.1.4.1.3704.1; AMD publication 57230, tables 8 to 11).
struct VekExtensions {
    std::optional<unsigned> structVersion;
    std::string productName; ///< "Milan-B0"; the stepping is sometimes wrong
    Product product = Product::Unknown;
    TcbVersion tcb; ///< all parts of its layout were there
    std::optional<Bytes> hardwareId; ///< 64 bytes, on Turin 8; a VLEK has none
    std::string cspId; ///< VLEK only
};

/// Reads them. A missing part of the TCB, a number over 255, a hardware id of another length, an extension that is there
/// twice: Input errors that name the extension.
[[nodiscard]] Result<VekExtensions> readVekExtensions(const Certificate &certificate);

/// A DER INTEGER of 0 to 255, as the TCB extensions hold it: one byte, or two from 128 on.
[[nodiscard]] Result<std::uint8_t> readLevel(ByteView value);
/// A hardware id: 64 or 8 raw bytes, or the same wrapped as an OCTET STRING. Told apart by length alone: a chip id may
/// begin with any byte.
[[nodiscard]] Result<Bytes> readHardwareId(ByteView value);

} // namespace kastellan::sev
