// Context switch, AAPCS64.
//
// after_switch goro_switch_context(context* from /* x0 */, const context* to /* x1 */, after_switch after /* x2:x3 */)
//
// A saved context is the stack pointer to this frame (context.cpp makes the same for a new one):
//     0  x29 (frame pointer)    8  x30 (return address)
//    16  x19 … x28              96  d8 … d15
//   160  FPCR                  168  padding
// Everything else is the caller's to save. Of the vector registers the procedure call standard preserves only d8 … d15.
//
// FPCR (rounding, traps, flushing) belongs to the goroutine. Reading it is cheap, writing it may drain the pipeline, so
// it is written only when the target's differs.
//
// The frame description holds at every instruction, also after the stack pointer was exchanged: both stacks carry the
// same frame at the same distance.

#define FRAME 176

        .text
        .globl  goro_switch_context
        .hidden goro_switch_context
        .type   goro_switch_context, %function
        .p2align 6
goro_switch_context:
        .cfi_startproc
        stp     x29, x30, [sp, #-FRAME]!
        .cfi_def_cfa_offset FRAME
        .cfi_offset x29, -FRAME
        .cfi_offset x30, -FRAME + 8
        stp     x19, x20, [sp, #16]
        .cfi_offset x19, -FRAME + 16
        .cfi_offset x20, -FRAME + 24
        stp     x21, x22, [sp, #32]
        .cfi_offset x21, -FRAME + 32
        .cfi_offset x22, -FRAME + 40
        stp     x23, x24, [sp, #48]
        .cfi_offset x23, -FRAME + 48
        .cfi_offset x24, -FRAME + 56
        stp     x25, x26, [sp, #64]
        .cfi_offset x25, -FRAME + 64
        .cfi_offset x26, -FRAME + 72
        stp     x27, x28, [sp, #80]
        .cfi_offset x27, -FRAME + 80
        .cfi_offset x28, -FRAME + 88
        stp     d8, d9, [sp, #96]
        .cfi_offset d8, -FRAME + 96
        .cfi_offset d9, -FRAME + 104
        stp     d10, d11, [sp, #112]
        .cfi_offset d10, -FRAME + 112
        .cfi_offset d11, -FRAME + 120
        stp     d12, d13, [sp, #128]
        .cfi_offset d12, -FRAME + 128
        .cfi_offset d13, -FRAME + 136
        stp     d14, d15, [sp, #144]
        .cfi_offset d14, -FRAME + 144
        .cfi_offset d15, -FRAME + 152
        mrs     x9, fpcr
        str     x9, [sp, #160]

        mov     x10, sp
        str     x10, [x0]
        ldr     x10, [x1]
        mov     sp, x10

        ldr     x10, [sp, #160]
        cmp     x10, x9
        b.ne    2f
1:
        ldp     d14, d15, [sp, #144]
        ldp     d12, d13, [sp, #128]
        ldp     d10, d11, [sp, #112]
        ldp     d8, d9, [sp, #96]
        ldp     x27, x28, [sp, #80]
        ldp     x25, x26, [sp, #64]
        ldp     x23, x24, [sp, #48]
        ldp     x21, x22, [sp, #32]
        ldp     x19, x20, [sp, #16]
        mov     x0, x2
        mov     x1, x3
        // The registers hold the target's values and so do their places in the frame: the description stays true until
        // the frame is left.
        .cfi_remember_state
        ldp     x29, x30, [sp], #FRAME
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x21
        .cfi_restore x22
        .cfi_restore x23
        .cfi_restore x24
        .cfi_restore x25
        .cfi_restore x26
        .cfi_restore x27
        .cfi_restore x28
        .cfi_restore d8
        .cfi_restore d9
        .cfi_restore d10
        .cfi_restore d11
        .cfi_restore d12
        .cfi_restore d13
        .cfi_restore d14
        .cfi_restore d15
        ret
2:
        .cfi_restore_state
        msr     fpcr, x10
        b       1b
        .cfi_endproc
        .size   goro_switch_context, . - goro_switch_context

// Where the first switch to a new context arrives: x0:x1 hold the callback already, x19 the function to call.
// The undefined return address tells unwinders that the stack ends here.
        .globl  goro_context_entry
        .hidden goro_context_entry
        .type   goro_context_entry, %function
        .p2align 4
goro_context_entry:
        .cfi_startproc
        .cfi_undefined x30
        blr     x19
        brk     #1
        .cfi_endproc
        .size   goro_context_entry, . - goro_context_entry

// void goro_call_beneath(const context* parked /* x0 */, void (*call)(void*) /* x1 */, void* argument /* x2 */)
//
// During the call the frame description tells of the saved frame, at x19, instead of this function's own.
        .globl  goro_call_beneath
        .hidden goro_call_beneath
        .type   goro_call_beneath, %function
        .p2align 4
goro_call_beneath:
        .cfi_startproc
        stp     x29, x30, [sp, #-32]!
        .cfi_def_cfa_offset 32
        .cfi_offset x29, -32
        .cfi_offset x30, -24
        str     x19, [sp, #16]
        .cfi_offset x19, -16
        ldr     x19, [x0]
        mov     x0, x2
        .cfi_remember_state
        .cfi_def_cfa x19, FRAME
        .cfi_offset x29, -FRAME
        .cfi_offset x30, -FRAME + 8
        .cfi_offset x19, -FRAME + 16
        .cfi_offset x20, -FRAME + 24
        .cfi_offset x21, -FRAME + 32
        .cfi_offset x22, -FRAME + 40
        .cfi_offset x23, -FRAME + 48
        .cfi_offset x24, -FRAME + 56
        .cfi_offset x25, -FRAME + 64
        .cfi_offset x26, -FRAME + 72
        .cfi_offset x27, -FRAME + 80
        .cfi_offset x28, -FRAME + 88
        .cfi_offset d8, -FRAME + 96
        .cfi_offset d9, -FRAME + 104
        .cfi_offset d10, -FRAME + 112
        .cfi_offset d11, -FRAME + 120
        .cfi_offset d12, -FRAME + 128
        .cfi_offset d13, -FRAME + 136
        .cfi_offset d14, -FRAME + 144
        .cfi_offset d15, -FRAME + 152
        blr     x1
        .cfi_restore_state
        ldr     x19, [sp, #16]
        ldp     x29, x30, [sp], #32
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        .cfi_restore x19
        ret
        .cfi_endproc
        .size   goro_call_beneath, . - goro_call_beneath

        .section .note.GNU-stack,"",%progbits
