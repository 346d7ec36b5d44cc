/** The systemd unit of a headless daemon. */

/** Writes the unit; pure. Paths are absolute and free of spaces and specifiers. */
export function systemdUnit(input: {
  readonly executable: string;
  readonly configPath: string;
  readonly user: string;
}): string {
  const { executable, configPath, user } = input;
  return `# Grinder Reconcile. To install it:
#   useradd --system --home-dir /var/lib/grinder --shell /usr/sbin/nologin ${user}
#   ${executable} install --print > /etc/systemd/system/grinder.service
#   systemctl daemon-reload && systemctl enable --now grinder
#
# ${configPath} has to name places that the service may write to:
#   state_dir: /var/lib/grinder/state
#   audit: {path: /var/lib/grinder/audit/reconcile.jsonl}
#   log: {path: /var/log/grinder/app.log}
#   control: {socket: /run/grinder/control.sock}
# and, but for the simulator, key files that only ${user} can read. Commands, a stop too, are this user's:
#   sudo -u ${user} env XDG_STATE_HOME=/var/lib ${executable} status --config ${configPath}

[Unit]
Description=Grinder Reconcile
Documentation=man:systemd.service(5)
Wants=network-online.target
After=network-online.target time-sync.target
# It is tried again for as long as it takes: after a port or an account that was taken for a minute, somebody has to watch.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
User=${user}
ExecStart=${executable} run --headless --config ${configPath}
# Reads the configuration again; what can't change at once waits for a restart.
ExecReload=/bin/kill -HUP $MAINPID
# A loop that hangs is ended. A stop, a ban and an exchange that is down are no hanging.
WatchdogSec=30
Restart=on-failure
# Each start reads the whole account, which costs about 60 of the 2400 that an address may ask for in a minute.
RestartSec=10
# A wrong command line, a refusal and a wrong configuration are the same the next time.
RestartPreventExitStatus=64 77 78
# It finishes the write on the wire, if any; after 20 s it ends whatever happens.
TimeoutStopSec=30
KillMode=mixed

RuntimeDirectory=grinder
RuntimeDirectoryMode=0700
StateDirectory=grinder
StateDirectoryMode=0700
CacheDirectory=grinder
CacheDirectoryMode=0700
LogsDirectory=grinder
LogsDirectoryMode=0700
# Lock, stop latch and the audit's head record of the account: /var/lib/grinder/accounts.
Environment=XDG_STATE_HOME=/var/lib
UMask=0077
LimitCORE=0

NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
# The runtime guards its compiled code with memory protection keys where the processor has them.
SystemCallFilter=@system-service @pkey
# A call that a newer runtime or library tries and that isn't listed fails, instead of ending the program.
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}
