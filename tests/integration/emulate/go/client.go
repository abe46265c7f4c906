// SPDX-License-Identifier: Apache-2.0
// Every ioctl of /dev/sev and /dev/sev-guest, registers and configfs-tsm, as a program in Go uses them: its runtime makes system calls of its
// own, from many threads, and no library can be put before it. Written against the numbers of linux/psp-sev.h and linux/sev-guest.h alone.
// usage: client host|guest; exits with the number of things that are not as they should be
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

const (
	issueCommand     = 0xc0105300 // _IOWR('S', 0, struct sev_issue_cmd)
	getReport        = 0xc0205300 // _IOWR('S', 0, struct snp_guest_request_ioctl)
	getDerivedKey    = 0xc0205301
	getExtReport     = 0xc0205302
	certificateSize  = 2084
	invalidLength    = 4 // SEV_RET_INVALID_LEN
	invalidParameter = 0x16
	reportSize       = 1184
)

// enum in linux/psp-sev.h
const (
	factoryReset = iota
	platformStatus
	pekGen
	pekCsr
	pdhGen
	pdhCertExport
	pekCertImport
	getId
	getId2
	snpPlatformStatus
	snpCommit
	snpSetConfig
	snpVlekLoad
	maximum
)

var (
	little   = binary.LittleEndian
	failures int
	lock     sync.Mutex
)

func check(good bool, format string, words ...any) {
	if !good {
		lock.Lock()
		defer lock.Unlock()
		_, _, line, _ := runtime.Caller(1)
		fmt.Fprintf(os.Stderr, "client.go:%d: %s\n", line, fmt.Sprintf(format, words...))
		failures++
	}
}

func address(bytes []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&bytes[0]))) }

func ioctl(file *os.File, number uintptr, data []byte) syscall.Errno {
	_, _, result := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), number, uintptr(unsafe.Pointer(&data[0])))
	return result
}

// issue gives one command to the platform; what the firmware said comes with it.
func issue(file *os.File, command uint32, data []byte) (syscall.Errno, uint32) {
	call := make([]byte, 16)
	little.PutUint32(call, command)
	if data != nil {
		little.PutUint64(call[4:], address(data))
	}
	little.PutUint32(call[12:], 0x5555)
	result := ioctl(file, issueCommand, call)
	runtime.KeepAlive(data)
	return result, little.Uint32(call[12:])
}

func done(file *os.File, command uint32, data []byte) {
	result, firmware := issue(file, command, data)
	check(result == 0, "command %d: errno %d, firmware %#x", command, result, firmware)
}

func fails(file *os.File, command uint32, data []byte, wanted syscall.Errno) uint32 {
	result, firmware := issue(file, command, data)
	check(result == wanted, "command %d: errno %d and not %d", command, result, wanted)
	return firmware
}

func host() {
	device, err := os.OpenFile("/dev/sev", os.O_RDWR, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(100)
	}
	defer device.Close()
	status := make([]byte, 12)
	done(device, platformStatus, status)
	check(status[0] == 1 && status[2] <= 2, "status %x", status)
	fails(device, maximum, status, syscall.EINVAL)

	old := make([]byte, 128)
	done(device, getId, old)
	asked := make([]byte, 12)
	check(fails(device, getId2, asked, syscall.EIO) == invalidLength, "the length of the id is not told")
	length := little.Uint32(asked[8:])
	chip := make([]byte, length)
	little.PutUint64(asked, address(chip))
	done(device, getId2, asked)
	check(length == 64 && bytes.Equal(chip, old[:64]), "id %x, and %x", chip, old)

	pdh, chain, csr := make([]byte, certificateSize), make([]byte, 3*certificateSize), make([]byte, certificateSize)
	export := make([]byte, 24)
	check(fails(device, pdhCertExport, export, syscall.EIO) == invalidLength, "the lengths of the certificates are not told")
	check(little.Uint32(export[8:]) == certificateSize && little.Uint32(export[20:]) == 3*certificateSize, "lengths %x", export)
	little.PutUint64(export, address(pdh))
	little.PutUint64(export[12:], address(chain))
	done(device, pdhCertExport, export)
	check(pdh[0] == 1 && chain[0] == 1 && chain[certificateSize] == 1, "no certificates")
	first := append([]byte(nil), pdh...)
	done(device, pdhGen, nil)
	done(device, pdhCertExport, export)
	check(!bytes.Equal(first, pdh), "the PDH is still the same")
	request := make([]byte, 12)
	little.PutUint64(request, address(csr))
	little.PutUint32(request[8:], certificateSize)
	done(device, pekCsr, request)
	check(csr[0] == 1, "no CSR")
	both := make([]byte, 24)
	little.PutUint64(both, address(csr))
	little.PutUint32(both[8:], certificateSize)
	little.PutUint64(both[12:], address(csr))
	little.PutUint32(both[20:], certificateSize)
	check(fails(device, pekCertImport, both, syscall.EIO) != 0, "a CSR was taken as its own signer")
	done(device, pekGen, nil)
	done(device, factoryReset, nil)

	snp := make([]byte, 32)
	done(device, snpPlatformStatus, snp)
	check(snp[0] == 1 && snp[2] == 1 && little.Uint64(snp[16:]) != 0, "SNP status %x", snp)
	config := make([]byte, 64)
	copy(config, snp[24:32])
	config[8] = 1 // MASK_CHIP_ID
	done(device, snpSetConfig, config)
	done(device, snpPlatformStatus, snp)
	check(snp[8]&1 == 1, "the chip's id is not masked: %x", snp)
	config[8] = 0
	done(device, snpSetConfig, config)
	config[63] = 1
	check(fails(device, snpSetConfig, config, syscall.EIO) == invalidParameter, "reserved bytes were taken")
	done(device, snpCommit, nil)
	stick := make([]byte, 432)
	load := make([]byte, 16)
	little.PutUint32(load, 16)
	little.PutUint64(load[8:], address(stick))
	check(fails(device, snpVlekLoad, load, syscall.EIO) != 0, "a hashstick for no chip was loaded")
	register("/dev/cpu/0/msr", 0xc0010010, 1<<23, 1<<23) // SYSCFG: memory encryption is on
	runtime.KeepAlive([][]byte{pdh, chain, csr, chip, stick})
}

func register(path string, number int64, mask, wanted uint64) {
	file, err := os.Open(path)
	if err != nil {
		check(false, "%v", err)
		return
	}
	defer file.Close()
	value := make([]byte, 8)
	count, err := file.ReadAt(value, number)
	check(count == 8 && err == nil && little.Uint64(value)&mask == wanted, "%s at %#x: %x, %v", path, number, value, err)
}

// ask sends a request of the guest; what the firmware and the hypervisor said come with it.
func ask(file *os.File, number uintptr, question, answer []byte) (syscall.Errno, uint64) {
	call := make([]byte, 32)
	call[0] = 1
	little.PutUint64(call[8:], address(question))
	little.PutUint64(call[16:], address(answer))
	result := ioctl(file, number, call)
	runtime.KeepAlive([][]byte{question, answer})
	return result, little.Uint64(call[24:])
}

func isReport(report, data []byte) bool {
	return len(report) >= reportSize && little.Uint32(report) >= 2 && little.Uint32(report) <= 5 && bytes.Equal(report[0x50:0x90], data)
}

func report(device *os.File, fill byte) {
	question, answer := make([]byte, 96), make([]byte, 4000)
	copy(question, bytes.Repeat([]byte{fill}, 64))
	result, said := ask(device, getReport, question, answer)
	check(result == 0 && said == 0 && little.Uint32(answer) == 0 && isReport(answer[0x20:], question[:64]), "report: errno %d, %#x", result, said)
}

func guest() {
	device, err := os.OpenFile("/dev/sev-guest", os.O_RDWR, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(100)
	}
	defer device.Close()
	report(device, 'a')
	// From many threads at once, each with a descriptor of its own.
	var together sync.WaitGroup
	for i := range 8 {
		together.Add(1)
		go func() {
			defer together.Done()
			runtime.LockOSThread()
			own, err := os.OpenFile("/dev/sev-guest", os.O_RDWR, 0)
			if err != nil {
				check(false, "%v", err)
				return
			}
			defer own.Close()
			for j := range 10 {
				report(own, byte(i*20+j))
			}
		}()
	}
	together.Wait()

	extended, answer := make([]byte, 112), make([]byte, 4000)
	copy(extended, bytes.Repeat([]byte{'e'}, 64))
	result, said := ask(device, getExtReport, extended, answer)
	needed := little.Uint32(extended[104:])
	check(result == syscall.EIO && said>>32 == 1 && needed > 0 && needed%4096 == 0, "extended: errno %d, %#x, %d", result, said, needed)
	table := make([]byte, needed)
	little.PutUint64(extended[96:], address(table))
	result, said = ask(device, getExtReport, extended, answer)
	check(result == 0 && isReport(answer[0x20:], extended[:64]), "extended: errno %d, %#x", result, said)
	check(little.Uint32(table[20:]) > 100 && little.Uint32(table[16:])+little.Uint32(table[20:]) <= needed, "certificates %x", table[:24])

	derived, key, again := make([]byte, 32), make([]byte, 64), make([]byte, 64)
	result, _ = ask(device, getDerivedKey, derived, key)
	second, _ := ask(device, getDerivedKey, derived, again)
	check(result == 0 && second == 0 && bytes.Equal(key, again) && !bytes.Equal(key, make([]byte, 64)), "keys %x and %x", key, again)

	const folder = "/sys/kernel/config/tsm/report/go"
	check(os.Mkdir(folder, 0o700) == nil, "no folder")
	check(os.WriteFile(folder+"/inblob", bytes.Repeat([]byte{'t'}, 64), 0) == nil, "no inblob")
	out, err := os.ReadFile(folder + "/outblob")
	check(err == nil && len(out) == reportSize && isReport(out, bytes.Repeat([]byte{'t'}, 64)), "outblob: %d bytes, %v", len(out), err)
	provider, err := os.ReadFile(folder + "/provider")
	check(err == nil && string(provider) == "sev_guest\n", "provider %q, %v", provider, err)
	names, err := os.ReadDir(folder)
	check(err == nil && len(names) >= 5, "%d names, %v", len(names), err)
	check(os.Remove(folder) == nil, "the folder stays")
	register("/dev/cpu/0/msr", 0xc0010131, 7, 7) // SEV, SEV-ES and SEV-SNP are active
}

func main() {
	what := ""
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	switch what {
	case "host":
		host()
	case "guest":
		guest()
	default:
		fmt.Fprintln(os.Stderr, "usage: client host|guest")
		os.Exit(101)
	}
	os.Exit(failures)
}
