// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/shell_words.h"

#include <algorithm>

namespace kastellan::sev {

namespace {

class Splitter {
public:
    Splitter(std::string_view text, std::string_view name)
        : m_text(text)
        , m_name(name)
    {
    }

    Result<std::vector<std::string>> run()
    {
        while (m_at < m_text.size())
            KASTELLAN_TRY(one());
        close();
        return std::move(m_words);
    }

private:
    [[nodiscard]] std::unexpected<Error> refuse(std::size_t at, std::string why, std::string remedy = {}) const
    {
        return badInput("read a command line", std::string(m_name) + ", offset " + std::to_string(at), std::move(why), std::move(remedy));
    }
    [[nodiscard]] std::unexpected<Error> onlyAShell(std::size_t at) const
    {
        return refuse(at, "only a shell could tell what stands here",
            "Give the line with its variables filled in, or @/proc/PID/cmdline of the running machine.");
    }

    Status one()
    {
        const char c = m_text[m_at];
        switch (c) {
        case ' ':
        case '\t':
        case '\r':
        case '\n':
            close();
            ++m_at;
            return {};
        case '\'':
            return quoted();
        case '"':
            return doubleQuoted();
        case '\\':
            ++m_at;
            if (m_text.substr(m_at).starts_with("\r\n"))
                ++m_at;
            else if (m_at < m_text.size() && m_text[m_at] != '\n')
                add(m_text[m_at]);
            m_at = std::min(m_at + 1, m_text.size());
            return {};
        case '#':
            if (!m_open) {
                while (m_at < m_text.size() && m_text[m_at] != '\n')
                    ++m_at;
                return {};
            }
            break;
        case '$':
        case '`':
            return onlyAShell(m_at);
        case ';':
        case '|':
        case '&':
        case '<':
        case '>':
            return refuse(m_at, std::string("the command ends here, at '") + c + "'", "Give the one command that starts QEMU.");
        default:
            break;
        }
        add(c);
        ++m_at;
        return {};
    }

    Status quoted()
    {
        const std::size_t end = m_text.find('\'', m_at + 1);
        if (end == std::string_view::npos)
            return refuse(m_at, "a quote begins here and does not end");
        m_open = true;
        m_word += m_text.substr(m_at + 1, end - m_at - 1);
        m_at = end + 1;
        return {};
    }

    Status doubleQuoted()
    {
        const std::size_t begin = m_at++;
        m_open = true;
        for (; m_at < m_text.size(); ++m_at) {
            const char c = m_text[m_at];
            if (c == '"') {
                ++m_at;
                return {};
            }
            if (c == '$' || c == '`')
                return onlyAShell(m_at);
            if (c == '\\' && m_at + 1 < m_text.size() && std::string_view("\"\\$`\n").contains(m_text[m_at + 1])) {
                if (m_text[++m_at] != '\n')
                    add(m_text[m_at]);
                continue;
            }
            add(c);
        }
        return refuse(begin, "a quote begins here and does not end");
    }

    void add(char c)
    {
        m_open = true;
        m_word += c;
    }
    void close()
    {
        if (m_open)
            m_words.push_back(std::move(m_word));
        m_word.clear();
        m_open = false;
    }

    std::string_view m_text, m_name;
    std::size_t m_at = 0;
    std::string m_word;
    bool m_open = false;
    std::vector<std::string> m_words;
};

} // namespace

Result<std::vector<std::string>> shellWords(std::string_view text, std::string_view name)
{
    if (text.size() > descriptionLimit)
        return badInput("read a command line", std::string(name),
            "it has " + std::to_string(text.size()) + " bytes, and at most " + std::to_string(descriptionLimit) + " are read");
    if (!text.contains('\0'))
        return Splitter(text, name).run();
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = text.find('\0');
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return words;
}

} // namespace kastellan::sev
