// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtCore/QTemporaryDir>

#include <cstdlib>
#include <filesystem>

namespace kastellan::test {

/// A data folder for one test: KASTELLAN_DATA and XDG_RUNTIME_DIR lead into a temporary folder, which goes when the object does.
class DataFolder {
public:
    DataFolder()
        : m_folder(QStringLiteral("/tmp/kstl-XXXXXX"))
    {
        std::filesystem::create_directory(path() / "run");
        ::setenv("KASTELLAN_DATA", (path() / "data").c_str(), 1);
        ::setenv("XDG_RUNTIME_DIR", (path() / "run").c_str(), 1);
    }
    [[nodiscard]] std::filesystem::path path() const { return m_folder.path().toStdString(); }
    [[nodiscard]] std::filesystem::path data() const { return path() / "data"; }

private:
    QTemporaryDir m_folder;
};

} // namespace kastellan::test
