// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/contact.h"

#include "sev-backend/libvirt/event_loop.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <thread>

#include <sys/eventfd.h>

namespace kastellan::sev::libvirt {
namespace {

using namespace std::chrono_literals;

constexpr auto firstPause = 100ms, longestPause = 5000ms;
constexpr auto giveUpAfter = 10min;
constexpr int looks = 20;
constexpr auto betweenLooks = 250ms;

using Weak = std::weak_ptr<Contact>;

KeepEnd endOf(int detail)
{
    KeepEnd how;
    switch (static_cast<virDomainEventStoppedDetailType>(detail)) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
        how.lastWords = "the virtual machine shut down";
        break;
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
        how.lastWords = "the virtual machine was destroyed through libvirt";
        break;
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
        how.lastWords = "the virtual machine crashed";
        how.code = 1;
        break;
    case VIR_DOMAIN_EVENT_STOPPED_FAILED:
        how.lastWords = "QEMU ended, or lost its connection to libvirt";
        how.code = 1;
        break;
    default:
        how.lastWords = "the virtual machine ended";
        how.known = false;
        break;
    }
    return how;
}

KeepEnd unseenEnd(std::string words)
{
    KeepEnd how;
    how.known = false;
    how.lastWords = std::move(words);
    return how;
}

} // namespace

Contact::Contact(Private, const LibvirtUri &uri, const KeepId &keep)
    : m_uri(uri)
    , m_keep(keep)
    , m_endFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
}

Result<std::shared_ptr<Contact>> Contact::begin(std::shared_ptr<Connection> connection, const KeepId &keep)
{
    const auto contact = std::make_shared<Contact>(Private{}, connection->uri(), keep);
    if (!contact->m_endFd)
        return systemError("follow the machine", connection->uri().text, errno);
    KASTELLAN_TRY(contact->listen(connection));
    return contact;
}

Contact::~Contact()
{
    stop();
}

Status Contact::listen(const std::shared_ptr<Connection> &connection)
{
    const auto heard = [](virConnectPtr, virDomainPtr domain, int event, int detail, void *opaque) {
        const auto contact = static_cast<Weak *>(opaque)->lock();
        unsigned char uuid[VIR_UUID_BUFLEN];
        if (contact && ::virDomainGetUUID(domain, uuid) == 0 && std::memcmp(uuid, contact->m_keep.bytes.data(), sizeof uuid) == 0)
            contact->heard(event, detail);
        return 0;
    };
    const virConnectDomainEventCallback typed = heard;
    auto *self = new Weak(weak_from_this());
    const int number = ::virConnectDomainEventRegisterAny(connection->get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        VIR_DOMAIN_EVENT_CALLBACK(typed), self, [](void *opaque) { delete static_cast<Weak *>(opaque); });
    if (number < 0) {
        delete self;
        return failure("follow the machine", m_uri.text);
    }
    {
        const std::lock_guard lock(m_mutex);
        m_connection = connection;
        m_listening = number;
        m_changed.notify_all();
    }
    connection->whenClosed([weak = weak_from_this()](const std::string &why) {
        if (const auto contact = weak.lock())
            contact->lost(why);
    });
    return {};
}

void Contact::started()
{
    const std::lock_guard lock(m_mutex);
    m_started = true;
}

KeepEnd Contact::end() const
{
    const std::lock_guard lock(m_mutex);
    return m_end.value_or(KeepEnd{});
}

void Contact::stop()
{
    std::shared_ptr<Connection> connection;
    int listening = -1;
    {
        const std::lock_guard lock(m_mutex);
        m_stopped = true;
        connection = m_connection;
        listening = std::exchange(m_listening, -1);
        m_changed.notify_all();
    }
    if (connection && listening >= 0 && connection->alive())
        ::virConnectDomainEventDeregisterAny(connection->get(), listening);
}

void Contact::heard(int event, int detail)
{
    if (event == VIR_DOMAIN_EVENT_STOPPED)
        ended(endOf(detail));
    else if (event == VIR_DOMAIN_EVENT_CRASHED)
        ended(endOf(VIR_DOMAIN_EVENT_STOPPED_CRASHED));
}

void Contact::ended(KeepEnd how)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_end)
            return;
        m_end = std::move(how);
        m_changed.notify_all();
    }
    ::eventfd_write(m_endFd.get(), 1);
}

// --- a connection that was lost --------------------------------------------------------------------------------------------------------

void Contact::lost(const std::string &why)
{
    std::shared_ptr<Connection> old;
    {
        const std::lock_guard lock(m_mutex);
        if (m_stopped || m_end)
            return;
        old = std::exchange(m_connection, nullptr);
        m_listening = -1;
        m_why = why;
    }
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    // To close the old one and to open another takes its time.
    std::thread([self = shared_from_this(), old = std::move(old)]() mutable {
        old.reset();
        self->searchAgain();
    }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Contact::searchAgain()
{
    const auto until = std::chrono::steady_clock::now() + giveUpAfter;
    for (auto pause = firstPause;; pause = std::min(pause * 2, longestPause)) {
        {
            std::unique_lock lock(m_mutex);
            if (m_changed.wait_for(lock, pause, [this] { return m_stopped || m_end; }))
                return;
        }
        const auto connection = Connection::open(m_uri);
        if (connection && reconcile(*connection))
            return;
        if (std::chrono::steady_clock::now() > until)
            return ended(unseenEnd(
                "libvirt could not be reached again for ten minutes" + (connection ? std::string() : ": " + connection.error().message())));
    }
}

bool Contact::reconcile(const std::shared_ptr<Connection> &connection)
{
    if (!listen(connection))
        return false;
    const DomainHandle domain(::virDomainLookupByUUID(connection->get(), m_keep.bytes.data()));
    const bool gone = !domain && lastCode() == VIR_ERR_NO_DOMAIN;
    const bool wanted = [this] {
        const std::lock_guard lock(m_mutex);
        return m_started;
    }();
    if (gone && wanted)
        ended(unseenEnd("the virtual machine ended while libvirt was away"));
    if (domain && ::virDomainIsActive(domain.get()) == 0)
        ended(unseenEnd("the virtual machine ended while libvirt was away"));
    return true; // a connection that breaks again says so itself
}

void Contact::doubt()
{
    for (int i = 0; i < looks; ++i) {
        {
            std::unique_lock lock(m_mutex);
            if (m_changed.wait_for(lock, betweenLooks, [this] { return m_stopped || m_end; }))
                return;
        }
        if (const auto found = find(0ms); !found && found.error().kind == ErrorKind::Negative)
            return ended(unseenEnd("the virtual machine ended"));
    }
}

Result<Contact::Found> Contact::find(std::chrono::milliseconds patience)
{
    const char *what = "reach the machine";
    std::shared_ptr<Connection> connection;
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, patience, [this] { return (m_connection && m_connection->alive()) || m_stopped || m_end; });
        connection = m_connection;
        if (!connection || !connection->alive())
            return environment(what, m_uri.text, "the connection to libvirt was lost" + (m_why.empty() ? "" : ": " + m_why),
                "It is sought again; check that libvirt runs there.");
    }
    DomainHandle domain(::virDomainLookupByUUID(connection->get(), m_keep.bytes.data()));
    if (!domain && lastCode() == VIR_ERR_NO_DOMAIN)
        return fail(ErrorKind::Negative, what, m_uri.text, "there is no such machine any more");
    if (!domain)
        return failure(what, m_uri.text);
    return Found{std::move(connection), std::move(domain)};
}

} // namespace kastellan::sev::libvirt
