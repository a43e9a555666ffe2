"""Runs ExecStart of a systemd unit under as much of the unit as can be had without systemd; wants root and libseccomp.

    under-unit.py UNIT APP NODE_MODULES    in a mount namespace of its own: unshare --mount --propagation private

APP stands at WorkingDirectory then, and the folder `data` beside it at ReadWritePaths. Obeyed: ProtectSystem=strict, ReadWritePaths, ProtectHome, PrivateTmp, PrivateDevices
(/dev is small, and read only), CapabilityBoundingSet=, NoNewPrivileges, UMask, SystemCallFilter, RestrictAddressFamilies.
"""
import ctypes
import os
import socket
import subprocess
import sys

EPERM, EAFNOSUPPORT, NOBODY = 1, 97, 65534
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
ALLOW, ERRNO, EQUAL = 0x7FFF0000, 0x00050000, 4


def read_unit(path):
    settings = {}
    for line in open(path):
        name, equals, value = line.strip().partition('=')
        if equals and not line.startswith('#'):
            settings.setdefault(name, []).append(value)
    return settings


def mount(*args):
    subprocess.run(['mount', *args], check=True)


def build_place(unit, app, node_modules):
    writable = unit['ReadWritePaths'][0]
    place = unit['WorkingDirectory'][0]
    for path, target in ((app, place), (f'{os.path.dirname(app)}/data', writable)):
        mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', os.path.dirname(target))
        os.makedirs(target)
        mount('--bind', path, target)
    # Shared with whoever else runs from it: nothing here may change it.
    mount('--bind', node_modules, f'{place}/node_modules')
    mount('-o', 'remount,bind,ro', f'{place}/node_modules')
    # Everything is read only, but for that folder and a /tmp of its own; homes are empty.
    for point in [line.split()[4] for line in open('/proc/self/mountinfo')]:
        if not point.startswith((writable, '/proc', '/sys')):
            subprocess.run(['mount', '-o', 'remount,bind,ro', point], check=False, stderr=subprocess.DEVNULL)
    mount('-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', '/tmp')
    for home in ('/home', '/root'):
        mount('-t', 'tmpfs', '-o', 'mode=0,ro', 'tmpfs', home)


def syscalls_of(names):
    text = subprocess.run(['systemd-analyze', 'syscall-filter', *names], check=True, capture_output=True, text=True).stdout
    found = set()
    for word in (line.strip() for line in text.splitlines()):
        if word.startswith('@') and word not in names:
            found |= syscalls_of([word])
        elif word and not word.startswith(('#', '@')):
            found.add(word)
    return found


class Compare(ctypes.Structure):
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]


def allowed_syscalls(unit):
    allowed = set()
    for line in unit['SystemCallFilter']:
        names = line.lstrip('~').split()
        allowed = allowed - syscalls_of(names) if line.startswith('~') else allowed | syscalls_of(names)
    return allowed


def filter_syscalls(unit, allowed):
    seccomp = ctypes.CDLL('libseccomp.so.2')
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ERRNO | EPERM))
    for name in allowed - {'socket'}:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            seccomp.seccomp_rule_add_array(context, ALLOW, number, 0, None)
    number = seccomp.seccomp_syscall_resolve_name(b'socket')
    families = [int(getattr(socket, name)) for name in unit['RestrictAddressFamilies'][0].split()]
    for family in range(46):
        action = ALLOW if family in families else ERRNO | EAFNOSUPPORT
        seccomp.seccomp_rule_add_array(context, action, number, 1, ctypes.byref(Compare(0, EQUAL, family, 0)))
    if seccomp.seccomp_load(context) != 0:
        sys.exit('the filter could not be loaded')


def drop_rights(libc):
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main():
    unit_file, app, node_modules = sys.argv[1:]
    unit = read_unit(unit_file)
    allowed = allowed_syscalls(unit)
    libc = ctypes.CDLL(None)
    build_place(unit, app, node_modules)
    os.chdir(unit['WorkingDirectory'][0])
    os.umask(int(unit['UMask'][0], 8))
    drop_rights(libc)
    filter_syscalls(unit, allowed)
    os.execv(unit['ExecStart'][0], [unit['ExecStart'][0]])


main()
