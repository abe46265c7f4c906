// SPDX-License-Identifier: Apache-2.0
// The one place that knows yaml-cpp. Its events are taken, not its tree: so nothing is built beyond the limits.
#include "sev-backend/kubevirt/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>

namespace kastellan::sev::kubevirt {
namespace {

/// Ends the parsing; never leaves this file.
struct Unusable {
    int line;
    const char *why;
};

class Builder final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark &mark) override
    {
        if (m_started)
            throw Unusable{mark.line + 1, "a second document begins"};
        m_started = true;
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override { add(make(mark, Yaml::Kind::Null), anchor); }
    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        const auto known = m_anchors.find(anchor);
        if (known == m_anchors.end())
            throw Unusable{mark.line + 1, "an alias stands within what it repeats"};
        place(mark.line + 1, known->second);
    }
    void OnScalar(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor, const std::string &value) override
    {
        auto node = make(mark, Yaml::Kind::Scalar);
        node->text = value;
        add(std::move(node), anchor);
    }
    void OnSequenceStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(mark, Yaml::Kind::Sequence, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(mark, Yaml::Kind::Map, anchor);
    }
    void OnMapEnd() override { close(); }

    [[nodiscard]] std::shared_ptr<const Yaml> root() const { return m_root ? m_root : std::make_shared<const Yaml>(); }

private:
    struct Open {
        std::shared_ptr<Yaml> node;
        YAML::anchor_t anchor = 0;
        std::optional<std::string> key; ///< Map: of the value that comes next
    };
    std::shared_ptr<Yaml> make(const YAML::Mark &mark, Yaml::Kind kind)
    {
        if (++m_count > yamlValues)
            throw Unusable{mark.line + 1, "it has more than 200000 values"};
        auto node = std::make_shared<Yaml>();
        node->kind = kind;
        node->line = mark.line + 1;
        return node;
    }
    void open(const YAML::Mark &mark, Yaml::Kind kind, YAML::anchor_t anchor)
    {
        if (m_open.size() >= yamlDepth)
            throw Unusable{mark.line + 1, "it is nested more than 32 levels deep"};
        if (!m_open.empty() && m_open.back().node->kind == Yaml::Kind::Map && !m_open.back().key)
            throw Unusable{mark.line + 1, "a key is no plain text"};
        m_open.push_back({make(mark, kind), anchor, {}});
    }
    void close()
    {
        Open ended = std::move(m_open.back());
        m_open.pop_back();
        add(std::move(ended.node), ended.anchor);
    }
    void add(std::shared_ptr<const Yaml> node, YAML::anchor_t anchor)
    {
        const int line = node->line;
        if (anchor)
            m_anchors[anchor] = node;
        place(line, std::move(node));
    }
    void place(int line, std::shared_ptr<const Yaml> node)
    {
        if (m_open.empty()) {
            m_root = std::move(node);
            return;
        }
        Open &into = m_open.back();
        if (into.node->kind == Yaml::Kind::Sequence) {
            if (++m_count > yamlValues)
                throw Unusable{line, "it has more than 200000 values"};
            into.node->items.push_back(std::move(node));
        } else if (!into.key) {
            if (node->kind != Yaml::Kind::Scalar)
                throw Unusable{line, "a key is no plain text"};
            into.key = node->text;
        } else if (!into.node->members.emplace(*std::exchange(into.key, std::nullopt), std::move(node)).second) {
            throw Unusable{line, "a key is there twice"};
        }
    }

    bool m_started = false;
    std::size_t m_count = 0;
    std::vector<Open> m_open;
    std::map<YAML::anchor_t, std::shared_ptr<const Yaml>> m_anchors;
    std::shared_ptr<const Yaml> m_root;
};

} // namespace

const Yaml *Yaml::find(std::string_view key) const
{
    const auto found = members.find(key);
    return found == members.end() || found->second->kind == Kind::Null ? nullptr : found->second.get();
}

Result<std::shared_ptr<const Yaml>> parseYaml(std::string_view text, std::string_view name)
{
    const auto wrong = [name](int line, std::string why) {
        return badInput("read YAML", std::string(name) + (line > 0 ? ", line " + std::to_string(line) : ""), std::move(why));
    };
    if (text.size() > yamlLimit)
        return wrong(0, "it has " + std::to_string(text.size()) + " bytes, and at most 4 MiB are read");
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Builder builder;
        while (parser.HandleNextDocument(builder)) {}
        return builder.root();
    } catch (const Unusable &unusable) {
        return wrong(unusable.line, unusable.why);
    } catch (const YAML::Exception &error) {
        // Some messages repeat the content, which may be a secret.
        const std::string said = error.msg.substr(0, error.msg.find_first_of(":\"'"));
        return wrong(error.mark.is_null() ? 0 : error.mark.line + 1, "it is no YAML: " + said);
    } catch (const std::exception &) {
        return wrong(0, "it can't be read as YAML");
    }
}

} // namespace kastellan::sev::kubevirt
