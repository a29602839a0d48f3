# goro in gdb: goroutines, and what goro's types hold. Works on processes and on cores, without types of the library's
# own.
#
#   info goroutines      all goroutines that have begun: id, state, where it waits
#   goroutine N bt       the calls of one (or another command in place of bt, for one that runs)
#   goroutine all bt     of all
import re

import gdb
import gdb.printing
from gdb.unwinder import Unwinder


def word(address):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, 8).tobytes(), "little")


def number(address, size):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, size).tobytes(), "little")


def text(address):
    return gdb.Value(address).cast(gdb.lookup_type("char").pointer()).string() if address else ""


def layout():
    symbol = int(gdb.parse_and_eval("(long)&goro_gdb_layout"))
    table = {}
    while True:
        name = gdb.selected_inferior().read_memory(symbol, 24).tobytes().split(b"\0")[0].decode()
        if not name:
            return table
        table[name] = word(symbol + 24)
        symbol += 32


class Goroutine:
    def __init__(self, address, table):
        self.record = word(address + table["g_record"])
        self.saved = word(address + table["g_context"])
        on = word(address + table["g_on"])
        runs = on != 0 and word(on + table["w_current"]) == address
        self.thread = number(on + table["w_thread"], 4) if runs else 0
        self.id = word(self.record + table["l_id"]) & ((1 << 48) - 1)
        self.creator = word(self.record + table["l_creator"])
        self.parent = word(self.record + table["l_parent"])
        extras = word(self.record + table["l_extras"])
        # The name is a std::string: pointer and length come first.
        self.name = gdb.selected_inferior().read_memory(word(extras), word(extras + 8)).tobytes().decode() if extras else ""
        reason = number(address + table["g_reason"], 1)
        if runs:
            self.state = "syscall" if number(address + table["g_blocking_depth"], 2) else "running"
        else:
            self.state = text(word(table["reasons"] + 8 * reason)) if reason else "runnable"
        if number(address + table["g_lock_depth"], 4):
            self.state += ", locked to thread"

    def heading(self):
        name = ' "%s"' % self.name if self.name else ""
        return "goroutine %d%s [%s]:" % (self.id, name, self.state)


def slots(chunk, size, table):
    base = word(chunk + table["chunk_base"])
    for i in range(number(chunk + table["chunk_slots"], 4)):
        if not number(chunk + table["chunk_free"] + i // 64 * 8, 8) >> (i % 64) & 1:
            yield base + i * size


def goroutines():
    table = layout()
    found = []
    for c in range(table["arena_count"]):
        size = table["smallest_slot"] << c
        bins = table["arenas"] + c * table["arena_size"] + table["arena_bins"]
        for b in range(table["bin_count"]):
            chunk = word(bins + 8 * b)
            while chunk:
                for slot in slots(chunk, size, table):
                    address = slot + size - slot // size % 16 * 64 - table["g_size"]
                    if word(address + table["g_record"]):
                        found.append(Goroutine(address, table))
                chunk = word(chunk + table["chunk_next"])
    return sorted(found, key=lambda g: g.id)


def is_x86():
    return "x86" in gdb.selected_inferior().architecture().name() if hasattr(
        gdb.selected_inferior(), "architecture") else "x86" in gdb.selected_frame().architecture().name()


def saved_registers(saved):
    """What goro_switch_context has put on the stack, as the caller's registers."""
    if is_x86():
        names = ["r15", "r14", "r13", "r12", "rbx", "rbp", "rip"]
        registers = {name: word(saved + 8 + 8 * i) for i, name in enumerate(names)}
        registers["rsp"] = saved + 64
    else:
        registers = {"x%d" % (19 + i): word(saved + 16 + 8 * i) for i in range(10)}
        registers.update({"x29": word(saved), "x30": word(saved + 8), "pc": word(saved + 8), "sp": saved + 176})
    return registers


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class ParkedUnwinder(Unwinder):
    """While a parked goroutine is looked at, the innermost frame seems to have been called from where it stopped."""

    def __init__(self):
        super().__init__("goro")
        self.saved = None

    def __call__(self, pending):
        if self.saved is None:
            return None
        saved, self.saved = self.saved, None
        pc = pending.read_register("rip" if is_x86() else "pc")
        kind = gdb.lookup_type("long")
        # gdb wants callers to stand further out on the stack than what they call.
        unwind = pending.create_unwind_info(FrameId(gdb.Value(saved - 64).cast(kind), pc))
        for name, value in saved_registers(saved).items():
            unwind.add_saved_register(name, gdb.Value(value).cast(kind))
        return unwind


parked = ParkedUnwinder()
gdb.unwinder.register_unwinder(None, parked, replace=True)


def in_parked(goroutine, command):
    gdb.invalidate_cached_frames()
    parked.saved = goroutine.saved
    try:
        gdb.newest_frame().older().select()
        output = gdb.execute(command, to_string=True)
    finally:
        parked.saved = None
        gdb.invalidate_cached_frames()
    # The frame that lends its place is not the goroutine's.
    lines = output.splitlines()
    if command.split()[0] in ("bt", "backtrace", "where") and lines and lines[0].startswith("#0"):
        second = next((i for i, line in enumerate(lines) if line.startswith("#1")), len(lines))
        lines = [re.sub(r"^#(\d+) *", lambda m: "%-4s" % ("#%d" % (int(m[1]) - 1)), line) for line in lines[second:]]
    return "\n".join(lines)


def in_running(goroutine, command):
    for thread in gdb.selected_inferior().threads():
        if goroutine.thread in thread.ptid:
            before = gdb.selected_thread()
            thread.switch()
            try:
                return gdb.execute(command, to_string=True).rstrip("\n")
            finally:
                before.switch()
    return "its thread is gone"


OWN_FILE = re.compile(r"/src/(sched|chan|sync|time|flow|context|platform)/|/include/goro/|/c\+\+/")


def where(goroutine):
    if goroutine.thread:
        return "thread %d" % goroutine.thread
    for line in in_parked(goroutine, "bt 40").splitlines():
        m = re.match(r"#\d+ +(?:0x[0-9a-f]+ in )?(.*)", line)
        if m and not OWN_FILE.search(m[1]) and not m[1].startswith("goro_"):
            return m[1]
    return ""


def creation(goroutine):
    """The function with the go statement."""
    block = gdb.block_for_pc(goroutine.creator - 1) if goroutine.creator else None
    name = None
    while block is not None and not block.is_global and not block.is_static:
        if block.function is not None:
            name = block.function.print_name
            if not name.startswith(("goro::", "std::")):
                break
        block = block.superblock
    return "created by %s in goroutine %d" % (name or "?", goroutine.parent) if goroutine.parent else \
        "created by %s" % (name or "?")


class InfoGoroutines(gdb.Command):
    """List all goroutines that have begun: id, state, where they stand."""

    def __init__(self):
        super().__init__("info goroutines", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for g in goroutines():
            print("%s %s" % (g.heading(), where(g)))


class GoroutineCommand(gdb.Command):
    """goroutine N|all COMMAND: carry out a command (bt) in the context of a goroutine, or of each."""

    def __init__(self):
        super().__init__("goroutine", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        which, _, command = argument.partition(" ")
        command = command.strip() or "bt"
        chosen = [g for g in goroutines() if which == "all" or str(g.id) == which]
        if not chosen:
            raise gdb.GdbError("No goroutine %s." % which)
        selected = gdb.selected_thread()
        for g in chosen:
            print(g.heading())
            print(in_running(g, command) if g.thread else in_parked(g, command))
            print(creation(g) + "\n")
        selected.switch()


InfoGoroutines()
GoroutineCommand()


# Printers ----------------------------------------------------------------------------------------------------------


def atomic(value):
    """The value in a std::atomic."""
    for field in value.type.strip_typedefs().fields():
        if field.name == "_M_i":
            return int(value[field])
        if field.is_base_class:
            return atomic(value[field])
    raise gdb.error("not an atomic")


class ChanPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        core = self.value["core_"]
        if int(core) == 0:
            return "nil channel"
        core = core.dereference()
        state = atomic(core["state_"])
        words = "channel, %d of %d values" % (atomic(core["count_"]), int(core["capacity_"]))
        words += ", closed" if state & 2 else ""
        words += ", somebody waits to receive" if state & 4 else ""
        words += ", somebody waits to send" if state & 8 else ""
        return words + ", %d handles" % atomic(core["references_"])


class MutexPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        state = atomic(self.value["state_"])  # its bits: goro/mutex.hpp
        words = "locked mutex" if state & 1 else "unlocked mutex"
        words += ", starving" if state & 8 else ""
        return words + (", others wait" if state & 16 else "")


class WaitGroupPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        state = atomic(self.value["state_"])
        return "wait_group, %d to be done, %d waiting" % (state >> 32, state & 0xFFFFFFFF)


class ContextPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        node = self.value["node_"]
        while node.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
            node = node[node.type.strip_typedefs().fields()[0]]
        return "context %#x" % int(node) if int(node) else "background context"


printers = gdb.printing.RegexpCollectionPrettyPrinter("goro")
printers.add_printer("chan", "^goro::(chan|send_chan|recv_chan|detail::chan_handle)<.*>$", ChanPrinter)
printers.add_printer("mutex", "^goro::mutex$", MutexPrinter)
printers.add_printer("wait_group", "^goro::wait_group$", WaitGroupPrinter)
printers.add_printer("context", "^goro::context$", ContextPrinter)
gdb.printing.register_pretty_printer(gdb.current_objfile(), printers, replace=True)
