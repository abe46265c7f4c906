// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

namespace {

const Operand imageOperand{"FOLDER",
    "the image's folder; without one $KASTELLAN_VM_IMAGE, else the image that 'image build' made, else the one that was installed",
    Word::Folder, false, true};

} // namespace

Noun imageNoun()
{
    return {"image", "keep images for virtual machines: what starts in them before any workload",
        {"A keep image is a folder with firmware (OVMF's AmdSev build), kernel, initrd, the command line that is measured with them, and "
         "image.json, which has every digest. The initrd holds warden, runner and their libraries, and nothing else: no shell, no login. "
         "Every "
         "digest that a launch expects is computed from it on this computer, never asked of the host. docs/vm-image.md tells the rest."},
        {
            {Command::ImageBuild, "build", "make a keep image from pinned inputs",
                {"Compiles the kernel from Debian's source with Kastellan's configuration (some minutes, once: it is kept in "
                 "~/.cache/kastellan), "
                 "packs warden and runner of this installation with their libraries, and adds the firmware. Same inputs and same compiler, "
                 "same "
                 "bytes, wherever and whenever.",
                    "Every input is pinned by its SHA-256 in a lock file. One that fits is taken from this installation, from --inputs, "
                    "from this "
                    "system (/usr/src, /usr/share/ovmf), from the cache, or from the pinned Debian package, downloaded from the mirrors of "
                    "this "
                    "system. Where an input has vanished or is another version, nothing is made, and --update-lock takes what is there now "
                    "and "
                    "says which digests change. The kernel that comes out is in the lock as well: with the same compiler it has to be that "
                    "one.",
                    "The folder appears whole or not at all; an image that lies there already is replaced in one step. A bill of materials "
                    "(sbom.spdx.json, SPDX 2.3) names every input with version, licence and digest. Needs python3, gcc, make, flex, bison, "
                    "bc, "
                    "libelf's headers, xz and zstd; what is missing is said, with its package."},
                {},
                {{"out", 'o', "FOLDER",
                     "Where the image is made; default: ~/.local/share/kastellan/images/default, which launches take by themselves",
                     Word::Folder},
                    {"lock", 0, "FILE", "A lock of your own, in place of the installed one; with --update-lock it need not be there yet",
                        Word::File},
                    {"update-lock", 0, "", "Pin what is there now, write the lock, and say which digests changed"},
                    {"inputs", 0, "FOLDER", "Files or Debian packages that are taken where they are the pinned ones", Word::Folder},
                    {"kernel", 0, "FILE",
                        "A ready-made kernel (bzImage), in place of compiling one; without CONFIG_EFI_SECRET it cannot take an owner's "
                        "secret (SEV, "
                        "SEV-ES)",
                        Word::File},
                    {"jobs", 'j', "N", "So many compilers at once; default: one for each processor"}, json},
                {{"keepctl image build", "the image that 'keep launch --host qemu:///system' takes"},
                    {"keepctl image build --out img --lock my.lock.json --update-lock", "with the inputs that this system has"},
                    {"keepctl image build --out img --inputs debs/", "without a network: files and .deb packages from a folder"}}},
            {Command::ImageShow, "show", "show a keep image and the launch digests to expect of it",
                {"Files with digests, command line, inputs, and the launch digests of SEV, SEV-ES and SEV-SNP: they are those of 'keepctl "
                 "measure' "
                 "for the same files. SEV-ES and SEV-SNP measure the virtual processors too: their number and model count."},
                {imageOperand},
                {{"vcpus", 0, "N", "Digests for so many virtual processors; default 1"},
                    {"cpu-model", 0, "MODEL", "For this model alone, by QEMU's name (EPYC-v4); default: one of each family"},
                    {"firmware", 0, "FILE", "With this firmware in place of the image's", Word::File}, json},
                {{"keepctl image show --vcpus 4 --cpu-model EPYC-Milan", "what a report of such a machine has to say"},
                    {"keepctl image show --json", "for scripts"}}},
            {Command::ImageVerify, "verify", "hold every file of a keep image to its digest",
                {"Exit status 1 names the first file that differs from image.json. Every launch does the same."}, {imageOperand}, {json},
                {{"keepctl image verify", "the image that launches take"}}},
        }};
}

} // namespace kastellan::keepctl
