// SPDX-License-Identifier: Apache-2.0
// Exports are written as core/base/output_files.h has it: whole or not at all, several together or none.
#pragma once

#include "core/base/output_files.h"
