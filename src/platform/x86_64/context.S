// Context switch, System V x86-64.
//
// after_switch goro_switch_context(context* from /* rdi */, const context* to /* rsi */, after_switch after /* rdx:rcx */)
//
// A saved context is the stack pointer to this frame (offsets are known to context.cpp):
//     0  MXCSR (4 bytes), x87 control word (2 bytes), padding
//     8  r15    16  r14    24  r13    32  r12    40  rbx    48  rbp
//    56  return address
// Everything else is the caller's to save: a switch looks like a function call to the compiler.
//
// The control bits of MXCSR and the x87 control word are callee-saved in the ABI, so they belong to the goroutine. They are
// always stored, and loaded only when the target's differ from those in force: loading costs more than the rest of the
// switch (see docs in context.hpp), comparing next to nothing. MXCSR's low six bits are sticky results, which the ABI leaves
// to everybody: they are kept out of the comparison.
//
// The frame description holds at every instruction, also after the stack pointer was exchanged: both stacks carry the same
// frame at the same distance.

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
        movl    (%rsp), %eax
        movzwl  4(%rsp), %r8d
        movq    (%rsi), %rsp

        xorl    (%rsp), %eax
        xorw    4(%rsp), %r8w
        andl    $0xffc0, %eax
        orl     %r8d, %eax
        jne     2f
1:
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
2:
        .cfi_def_cfa_offset 64
        .cfi_rel_offset %r15, 8
        .cfi_rel_offset %r14, 16
        .cfi_rel_offset %r13, 24
        .cfi_rel_offset %r12, 32
        .cfi_rel_offset %rbx, 40
        .cfi_rel_offset %rbp, 48
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        jmp     1b
        .cfi_endproc
        .size   goro_switch_context, . - goro_switch_context

// Where the first switch to a new context arrives: rax:rdx hold the callback, rbx the function to call.
// Its return address is undefined, which tells unwinders that the stack ends here.
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

        .section .note.GNU-stack,"",@progbits
