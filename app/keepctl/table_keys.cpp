// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun keysNoun()
{
    return {"keys", "the keys of this user",
        {"An owner key is what a keep obeys; its hash is bound into the keep's report. The record key signs the evidence store and its "
         "exports. Private keys lie in files of this user alone and are never printed."},
        {
            {Command::KeysList, "list", "list the keys", {"Name, use and fingerprint of each key."}, {}, {json},
                {{"keepctl keys list", "all keys"}}},
            {Command::KeysCreate, "create", "make an owner key", {"A P-384 key pair. An existing name is refused."},
                {{"NAME", "what the key is called: letters, digits, '-' and '_'"}}, {json},
                {{"keepctl keys create alice", "then: keepctl keep launch --owner-key alice app/"}}},
            {Command::KeysShow, "show", "show a key's public half", {"Its use, fingerprint (SHA-256 of the public key) and PEM."},
                {keyOperand}, {json}, {{"keepctl keys show record", "the key that signs exports"}}},
            {Command::KeysRemove, "remove", "remove a key for good",
                {"Running keeps that obey only this key go on with the copy in their own folder."}, {keyOperand}, {},
                {{"keepctl keys remove alice", "its private half is gone then"}}},
        }};
}

Noun logNoun()
{
    return {"log", "who did what, when", {"The activity log of this user's evidence store: launches, verdicts, exports, keys."},
        {{Command::Log, "", "print the activity log, newest first", {"Time, program, action, subject and outcome of each entry."}, {},
            {{"limit", 'n', "N", "At most so many entries; default 100"}, json}, {{"keepctl log --limit 20", "what happened lately"}}}}};
}

} // namespace kastellan::keepctl
