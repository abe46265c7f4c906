// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun profileNoun()
{
    const Operand profile{"PROFILE", "a launch profile, by its name, or a file that holds one (with a '/' in its path)", Word::Profile};
    return {"profile", "launches that can be asked for again",
        {"A launch profile holds all that a launch was asked for: workload, host, protection, expectations, and where secrets are read "
         "from; "
         "never a secret itself. 'keep launch' and 'keep plan' save one with --save-profile and use one with --profile; options beside it "
         "go before what it says."},
        {
            {Command::ProfileList, "list", "list the launch profiles", {"Name, workload and host of each."}, {}, {json},
                {{"keepctl profile list", "all of this user"}}},
            {Command::ProfileShow, "show", "show one launch profile", {"With --json as its file is (docs/json.md)."}, {profile}, {json},
                {{"keepctl profile show web", "what it would launch"}}},
            {Command::ProfileRemove, "remove", "remove a launch profile", {"Keeps that were launched from it stay."},
                {{"PROFILE", "a launch profile, by its name", Word::Profile}}, {}, {{"keepctl profile remove web", "forget it"}}},
        }};
}

} // namespace kastellan::keepctl
