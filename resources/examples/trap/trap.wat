;; SPDX-License-Identifier: Apache-2.0
;; trap: prints a line and then does what no program may do. The keep ends with a trap, and keepctl with status 134.
;;
;;   keepctl keep launch resources/examples/trap
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; One io vector: where the text lies, and how long it is.
  (data (i32.const 0) "\10\00\00\00\26\00\00\00")
  (data (i32.const 16) "this line is the last before the trap\0a")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    unreachable))
