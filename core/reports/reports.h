// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "core/trust/layers.h"

#include <string>
#include <vector>

namespace kastellan {

/// Colours of a drawing: light, dark, or print.
enum class Palette { Light, Dark };
/// The certificate chain as SVG text: leaf to root, each link with its state. Labels are plain text, escaped. `width` in px.
[[nodiscard]] std::string chainSvg(const EvidenceView &view, const Appraisal &appraisal, Palette palette, unsigned width);
/// Certificates alone as SVG text, leaf first: a platform's chain, without evidence above it or an accepted root below it.
[[nodiscard]] std::string certificatesSvg(const std::vector<CertificateView> &chain, Palette palette, unsigned width);
/// The layers as SVG text, with a legend.
[[nodiscard]] std::string layersSvg(const std::vector<Layer> &layers, bool emulated, Palette palette, unsigned width);

/// Machine-readable appraisal, stable: docs/json.md. `view` adds fields, TCB and chain; `recomputed` the verdict of today
/// (core/evidence/reappraise.h), here and in the others.
[[nodiscard]] std::string recordJson(const Record &record, const EvidenceView *view, const Appraisal *recomputed = nullptr);
/// One self-contained page for a colleague: verdict, every finding, chain and layers drawn, raw values. No script, everything escaped.
[[nodiscard]] std::string recordHtml(const Record &record, const EvidenceView &view, const Appraisal *recomputed = nullptr);
/// The zip for an auditor: raw report, certificates (DER and PEM), findings, plan, all inputs of the bindings, manifest with digests,
/// detached signature by the record key, README with plain openssl commands.
[[nodiscard]] Result<Bytes> recordBundle(const Record &record, const EvidenceView &view, const Appraisal *recomputed = nullptr);

} // namespace kastellan
