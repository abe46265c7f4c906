# SPDX-License-Identifier: Apache-2.0
# What we build with. All of it is Apache, MIT, BSD, LGPL or public domain: no GPL library is linked.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Qt6 6.8 REQUIRED COMPONENTS Core Gui Widgets Svg SvgWidgets Test Concurrent PrintSupport Network Sql DBus LinguistTools)
find_package(KF6SyntaxHighlighting REQUIRED)
find_package(KF6CoreAddons REQUIRED)
find_package(KF6WidgetsAddons REQUIRED)
find_package(KF6Archive REQUIRED)
find_package(OpenSSL 3.5 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(LibArchive REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(pugixml REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Qt6Keychain QUIET)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET GLOBAL tomlplusplus)
pkg_check_modules(libvirt REQUIRED IMPORTED_TARGET GLOBAL libvirt>=10.5)
pkg_check_modules(libseccomp IMPORTED_TARGET GLOBAL libseccomp)
pkg_check_modules(libcap-ng IMPORTED_TARGET GLOBAL libcap-ng)
if(NOT TARGET tomlplusplus::tomlplusplus)
    add_library(tomlplusplus::tomlplusplus ALIAS PkgConfig::tomlplusplus)
endif()

find_path(WASMEDGE_INCLUDE wasmedge/wasmedge.h REQUIRED)
find_library(WASMEDGE_LIBRARY wasmedge REQUIRED)
add_library(WasmEdge::WasmEdge UNKNOWN IMPORTED GLOBAL)
set_target_properties(WasmEdge::WasmEdge PROPERTIES
    IMPORTED_LOCATION ${WASMEDGE_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${WASMEDGE_INCLUDE})

# Qt Test compiles the absolute paths of the checkout into every test (for QFINDTESTDATA). Then nothing in another checkout comes from
# the compiler cache; our tests find their files by KASTELLAN_SOURCE.
set_property(TARGET Qt6::Test PROPERTY INTERFACE_COMPILE_DEFINITIONS QT_TESTLIB_LIB)
