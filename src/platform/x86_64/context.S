// Context switch, System V x86-64.
//
// after_switch goro_switch_context(context* from /* rdi */, const context* to /* rsi */,
//                                  after_switch after /* rdx:rcx */)
//
// A saved context is the stack pointer to this frame (context.cpp makes the same for a new one):
//     0  MXCSR (4 bytes), x87 control word (2 bytes), padding
//     8  r15    16  r14    24  r13    32  r12    40  rbx    48  rbp
//    56  return address
// Everything else is the caller's to save: a switch looks like a function call to the compiler.
//
// Two choices, measured (bench of the ring of contexts; 7 ns a switch in all):
// - The floating-point control words belong to the goroutine and are stored and loaded at every switch: 0.4 ns. Loading
//   only when they differ was slower (2 ns: the comparison waits for the store just made).
// - `ret`, although it returns to another caller than it was called from. goroutines stop through the same few
//   functions, so the processor's return stack predicts the right addresses all the same. Popping the address and
//   jumping to it keeps that stack out of step: every following return is predicted wrong (22 to 50 ns a switch).
//
// The frame description holds at every instruction, also after the stack pointer was exchanged: both stacks carry the
// same frame at the same distance.

        .text
        .globl  goro_switch_context
        .hidden goro_switch_context
        .type   goro_switch_context, @function
        .p2align 6
goro_switch_context:
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)

        movq    %rsp, (%rdi)
        movq    (%rsi), %rsp

        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        movq    %rdx, %rax
        movq    %rcx, %rdx
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        ret
        .cfi_endproc
        .size   goro_switch_context, . - goro_switch_context

// Where the first switch to a new context arrives: rax:rdx hold the callback, rbx the function to call.
// The undefined return address tells unwinders that the stack ends here.
        .globl  goro_context_entry
        .hidden goro_context_entry
        .type   goro_context_entry, @function
        .p2align 4
goro_context_entry:
        .cfi_startproc
        .cfi_undefined %rip
        movq    %rax, %rdi
        movq    %rdx, %rsi
        call    *%rbx
        ud2
        .cfi_endproc
        .size   goro_context_entry, . - goro_context_entry

// void goro_call_beneath(const context* parked /* rdi */, void (*call)(void*) /* rsi */, void* argument /* rdx */)
//
// During the call the frame description tells of the saved frame, at rbx, instead of this function's own.
        .globl  goro_call_beneath
        .hidden goro_call_beneath
        .type   goro_call_beneath, @function
        .p2align 4
goro_call_beneath:
        .cfi_startproc
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        movq    (%rdi), %rbx
        movq    %rdx, %rdi
        .cfi_remember_state
        .cfi_def_cfa %rbx, 64
        .cfi_offset %rip, -8
        .cfi_offset %rbp, -16
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        call    *%rsi
        .cfi_restore_state
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        .cfi_endproc
        .size   goro_call_beneath, . - goro_call_beneath

        .section .note.GNU-stack,"",@progbits
