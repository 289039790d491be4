# start.sh starts Slurm from nothing on 127.0.0.1: munged, slurmctld and a slurmd for each of
# the nodes n1 and n2, as this user and without systemd. All files are in the work directory.
# shellcheck shell=bash
host=$(uname -n)
host=${host%%.*}
# Slurm listens on the address of the host's name, if that is a loopback address, else on all.
address=$(getent ahostsv4 "$host" | sed -n 's/^\(127[0-9.]*\).*/\1/p;q') || true
listen=CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
[ -n "$address" ] || { address=127.0.0.1; listen=; }
user=$(id -un) || unavailable "Slurm needs a user with a name"
mkdir munge slurm slurm/n1 slurm/n2
chmod 711 "$WEIR_WORK" # munge wants its socket to be reachable
mungekey --create --keyfile munge/key
munged --foreground --force --origin 127.0.0.1 --key-file munge/key --socket munge/socket \
	--pid-file munge/pid --seed-file munge/seed >munge/log 2>&1 &

cat >slurm/slurm.conf <<END
ClusterName=weir
SlurmctldHost=$host($address)
SlurmctldPort=$(free_port)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$WEIR_WORK/munge/socket
StateSaveLocation=$WEIR_WORK/slurm
SlurmdSpoolDir=$WEIR_WORK/slurm/%n
SlurmctldPidFile=$WEIR_WORK/slurm/slurmctld.pid
SlurmdPidFile=$WEIR_WORK/slurm/%n.pid
SlurmctldLogFile=$WEIR_WORK/slurm/slurmctld.log
SlurmdLogFile=$WEIR_WORK/slurm/%n.log
MailProg=/bin/true
$listen
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=bf_interval=1,sched_interval=1
SlurmdTimeout=5
ReturnToService=1
MessageTimeout=3
TCPTimeout=1
KillWait=1
NodeName=n1 NodeHostname=$host NodeAddr=$address Port=$(free_port) CPUs=2
NodeName=n2 NodeHostname=$host NodeAddr=$address Port=$(free_port) CPUs=2
PartitionName=all Nodes=n1,n2 Default=YES State=UP
END
export SLURM_CONF=$WEIR_WORK/slurm/slurm.conf
wait_for 60 test -S munge/socket || unavailable "munged does not start" munge/log
slurmctld -D 2>slurm/errors.log &
slurmd -D -N n1 2>>slurm/errors.log &
slurmd -D -N n2 2>>slurm/errors.log &
disown -a
idle() { [ "$(sinfo --noheader --states=idle --format=%D)" = 2 ]; }
wait_for 120 idle || unavailable "slurmctld and two slurmd do not start" slurm/*.log munge/log
