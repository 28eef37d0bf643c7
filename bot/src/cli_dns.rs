//! The command line of whole zones.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `dombot dns`.
#[derive(Debug, Subcommand)]
pub(crate) enum Dns {
    /// Make a zone exactly like a file: the plan shows every difference, a code approves it
    Plan(Plan),
    /// Take over a file from another host: the present SOA and name servers stay
    Import(File),
    /// Write a zone as a zone file to standard output
    Export(Zone),
    /// What two accounts, or an account and a file, hold differently
    Compare(Compare),
    /// Plan a zone as it was at a time: what dombot changed since is taken back; needs a new code
    Restore(crate::keep::dns::Restore),
    /// Has anybody changed the zone behind dombot's back?
    Drift(Drift),
}

/// A zone, at one of the accounts that hold it.
#[derive(Debug, Args)]
pub(crate) struct Zone {
    /// Its name
    #[arg(value_name = "ZONE")]
    pub(crate) name: String,
    /// The account, where several hold the zone
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Speak as this person (name)
    #[arg(long)]
    pub(crate) person: Option<String>,
}

/// `dombot dns import`.
#[derive(Debug, Args)]
pub(crate) struct File {
    #[command(flatten)]
    pub(crate) zone: Zone,
    /// The zone file; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
}

/// `dombot dns plan`.
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) file: File,
    /// Delete nothing that is not in the file
    #[arg(long, conflicts_with_all = ["create_only", "purge_unknown"])]
    pub(crate) no_purge: bool,
    /// Only make what does not exist; change and delete nothing
    #[arg(long, conflicts_with = "purge_unknown")]
    pub(crate) create_only: bool,
    /// Delete sets of types that dombot does not know, too, and keys of the server's signer
    #[arg(long)]
    pub(crate) purge_unknown: bool,
    /// Present records to leave alone: "NAME TYPES TARGET" with * and ?, the last two may be left out; also lines
    /// "; IGNORE ..." of the file
    #[arg(long, value_name = "PATTERN")]
    pub(crate) ignore: Vec<String>,
    /// A pattern may fit records of the file, too
    #[arg(long)]
    pub(crate) ignore_overlap: bool,
    /// Write the whole card to this file and print its last lines only
    #[arg(long, value_name = "FILE")]
    pub(crate) details: Option<PathBuf>,
}

/// `dombot dns compare`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) zone: Zone,
    /// An account's name, or a zone file
    #[arg(long, value_name = "ACCOUNT|FILE")]
    pub(crate) with: String,
}

/// `dombot dns drift`.
#[derive(Debug, Args)]
pub(crate) struct Drift {
    #[command(flatten)]
    pub(crate) zone: Zone,
    /// Take the zone as it is now for right
    #[arg(long, conflicts_with = "put_back")]
    pub(crate) accept: bool,
    /// Make the zone again as it was: a plan that needs a code
    #[arg(long)]
    pub(crate) put_back: bool,
}
