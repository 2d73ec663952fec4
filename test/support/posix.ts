// Why a test is left out on Windows, as `skip` of `node:test` wants it: false where it can run.
const onWindows = process.platform === 'win32';

export const withoutShell = onWindows && 'credential helpers are shell scripts here, and Windows has no POSIX shell';
export const withoutFifos = onWindows && 'Windows has no FIFOs among its files';
export const withoutDevices = onWindows && 'Windows has no files below /dev';
export const withoutPermissions = onWindows && 'Windows has no permission bits';
export const withoutSignals = onWindows && 'Windows has no signals';
