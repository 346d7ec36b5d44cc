/** The variables the launcher reads; it computes places from these alone. */
export const launcherVariables: readonly string[] = [
  ...['HOME', 'GRINDER_HOME', 'TMPDIR', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'],
  ...['RUNTIME_DIRECTORY', 'CREDENTIALS_DIRECTORY', 'NOTIFY_SOCKET'],
  ...['GRINDER_CONFIG', 'GRINDER_STATE_DIR', 'GRINDER_AUDIT_PATH', 'GRINDER_LOG_PATH'],
  'GRINDER_OPERATOR_TOKEN_FILE',
];

/** The variables the program may see; any other reads as unset. A trailing `*` matches a prefix. */
export const readableVariables: readonly string[] = [
  ...['HOME', 'TMPDIR', 'USER', 'LOGNAME', 'SSH_CONNECTION'],
  ...['LANG', 'LC_ALL', 'LC_CTYPE', 'TERM', 'COLORTERM', 'FORCE_COLOR', 'NO_COLOR', 'COLUMNS', 'LINES'],
  ...['XDG_STATE_HOME', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'],
  ...['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'INVOCATION_ID'],
  ...['RUNTIME_DIRECTORY', 'CACHE_DIRECTORY', 'STATE_DIRECTORY', 'CREDENTIALS_DIRECTORY'],
  ...['GRINDER_*', 'RECONCILE_*', 'ALLOW_ACTIVE_REMEDIATION', 'ALLOW_MAINNET_TRADE', 'ARMED'],
  ...['MAX_FLATTEN_NOTIONAL_USDT', 'MAX_ORDERS_PER_ACTION', 'MAX_SYMBOLS_PER_ACTION'],
  ...['MAX_CALLS_PER_RUN', 'MAX_NOTIONAL_PER_RUN', 'MAX_CALLS_PER_DAY', 'MAX_NOTIONAL_PER_DAY'],
];
