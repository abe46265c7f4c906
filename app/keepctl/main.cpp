// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/generate.h"
#include "app/keepctl/help.h"
#include "app/keepctl/parse.h"
#include <iostream>
using namespace kastellan;
using namespace kastellan::keepctl;
int main(int argc, char **argv)
{
    auto asked = parse(std::vector<std::string>(argv + 1, argv + argc));
    if (!asked) {
        std::cerr << asked.error().message() << "\n";
        return 2;
    }
    if (asked->kind == Invocation::Kind::Generate) {
        auto g = generate(asked->what);
        if (!g)
            return 2;
        for (auto &f : *g)
            std::cout << f.content;
        return 0;
    }
    if (asked->kind == Invocation::Kind::Help) {
        std::cout << (asked->verb ? helpText(*asked->noun, *asked->verb) : asked->noun ? helpText(*asked->noun) : helpText());
        return 0;
    }
    std::cout << "kind " << int(asked->kind);
    if (asked->verb)
        std::cout << " " << commandName(*asked->noun, *asked->verb);
    for (auto &[k, v] : asked->options) {
        std::cout << " " << k << "=";
        for (auto &x : v)
            std::cout << "<" << x << ">";
    }
    for (auto &o : asked->operands)
        std::cout << " {" << o << "}";
    std::cout << "\n";
}
