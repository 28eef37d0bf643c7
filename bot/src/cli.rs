//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "dombot",
    version,
    about = "An assistant for your internet domains: you say it, it shows the exact plan, your code approves it, it proves the result.",
    after_help = "Examples:\n  dombot                                   set up at the first start, then talk\n  dombot ask \"point www.shop.com at 203.0.113.7\"\n  dombot approve 7F3A                      asks for the code, without echo\n  dombot provider add powerdns --name home --set url=http://127.0.0.1:8081 --secret api_key < key.txt\n\nExit codes: 0 answered or done, 1 error, 2 usage, 3 a plan waits for a code, 4 a question back, 5 refused, 6 halted or waiting for a person."
)]
pub(crate) struct Cli {
    /// The folder that holds the vault and the database [default: the platform's data folder]
    #[arg(long, global = true, env = "DOMBOT_HOME", value_name = "DIR", help_heading = "Where")]
    pub(crate) home: Option<PathBuf>,
    /// The vault's key file [default: one per home in the configuration folder]
    #[arg(
        long,
        global = true,
        env = "DOMBOT_KEY_FILE",
        value_name = "FILE",
        help_heading = "Where"
    )]
    pub(crate) key_file: Option<PathBuf>,
    /// What to do; without it: set up where nothing is, then talk
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a home: vault, database, key, authenticator
    #[command(
        after_help = "Examples:\n  dombot init\n  dombot init --demo --unattended --json --lang pl > made.json     (secrets inside: umask 077)"
    )]
    Init(Init),
    /// Talk in this terminal
    #[command(
        after_help = "Examples:\n  dombot chat\n  printf 'pomoc\\n' | dombot chat\n  NO_COLOR=1 dombot chat"
    )]
    Chat,
    /// Say one thing and print the answer
    #[command(
        after_help = "Examples:\n  dombot ask \"jakie mam domeny?\"\n  dombot ask --json \"przedłuż firma.pl o 2 lata\"\n  dombot ask --file zone.txt \"import firma.pl\""
    )]
    Ask(Ask),
    /// Approve a plan with a code, typed without echo or read from standard input
    #[command(
        after_help = "Examples:\n  dombot approve 7F3A\n  oathtool --totp -b SECRET | dombot approve 7F3A --code - --wait --json"
    )]
    Approve(Approve),
    /// Show what a text means, without planning anything
    #[command(
        after_help = "Examples:\n  dombot parse \"przedłuż firma.pl o 2 lata\"\n  dombot parse --json \"point www.shop.com at 203.0.113.7\"\n  dombot parse --eval set.jsonl --model gpt-4o-mini\n  dombot parse --model llama3.2 --model-url http://127.0.0.1:11434 \"zrób coś z firma.pl\""
    )]
    Parse(Parse),
    /// Run everything without a terminal: for a service
    #[command(
        after_help = "Examples:\n  dombot serve\n  dombot serve --no-changes      after a restore, or on suspicion\n  dombot --home /var/lib/dombot --key-file /etc/dombot/home.key serve\n\nWhile it runs, the other commands and chats are its clients."
    )]
    Serve {
        /// Look only: nothing is approved, begun or sent
        #[arg(long)]
        no_changes: bool,
    },
    /// Carry out jobs beside the dombot that owns the home, on PostgreSQL
    #[command(
        after_help = "Examples:\n  DOMBOT_DATABASE_URL=postgres://dombot@db.example/dombot dombot worker\n\nThe folder needs a copy of the owner's vault, and the key; nothing in it is changed."
    )]
    Worker,
    /// Run a fake operator to play with: registrars and DNS on loopback
    #[command(
        after_help = "Examples:\n  dombot sandbox --dir ./world --http 127.0.0.1:8053 --dns 127.0.0.1:5300"
    )]
    Sandbox(Sandbox),
    /// Persons and their authenticators
    #[command(
        subcommand,
        after_help = "Examples:\n  dombot person list\n  dombot person enrol              a new phone, while the old one still shows codes\n  dombot person enrol --recover    the phone is lost: with a recovery code\n  dombot person set --lang en --tz Europe/Warsaw"
    )]
    Person(Person),
    /// Configuration values in the vault
    #[command(
        subcommand,
        after_help = "Examples:\n  dombot config list\n  dombot config set language       asks for the value, then for a code\n  dombot config set model.url      a model that helps to understand: also model.name, model.key, model.deadline"
    )]
    Config(Config),
    /// Accounts at registrars and DNS hosts
    #[command(
        subcommand,
        after_help = "Examples:\n  dombot provider kinds\n  dombot provider add powerdns --name dns1 --set url=http://127.0.0.1:8081 --secret api_key\n  dombot provider check"
    )]
    Provider(Provider),
    /// Whole zones: as a file, from a file, compared, watched
    #[command(
        subcommand,
        after_help = "Examples:\n  dombot dns export firma.pl > firma.pl.zone\n  dombot dns plan firma.pl --from firma.pl.zone\n  dombot dns plan firma.pl --from firma.pl.zone --ignore '_acme-challenge* TXT' --no-purge\n  dombot dns compare firma.pl --with other-account\n  dombot dns drift firma.pl\n\nA plan is approved as every other: dombot approve LABEL."
    )]
    Dns(crate::cli_dns::Dns),
    /// The queue
    #[command(
        subcommand,
        after_help = "Examples:\n  dombot job list\n  dombot job list done --json\n  dombot job show 7F3A\n  dombot job settle TSHH9Q happened"
    )]
    Job(Job),
    /// Check that everything is in order
    #[command(
        after_help = "Examples:\n  dombot doctor\n  dombot doctor --recovery-key     is the printed key the right one?\n  dombot doctor --without-vault    the vault or its key is lost: what is where, until when\n  dombot doctor --trust-clock      the clock was wrong and is right again"
    )]
    Doctor(Doctor),
    /// Stop at once: nothing is approved or sent any more; needs no code
    #[command(
        after_help = "Examples:\n  dombot freeze all\n  dombot freeze domain firma.pl\n  dombot freeze account ovh --days 7\n  dombot freeze person Ewa\n  dombot freeze                      what is frozen"
    )]
    Freeze(crate::keep::freeze::Freeze),
    /// For an investigation
    #[command(
        subcommand,
        after_help = "Examples:\n  dombot incident export /tmp/incident-2026-11-24"
    )]
    Incident(crate::keep::incident::Incident),
    /// Let it go on; asks for a code
    #[command(after_help = "Examples:\n  dombot thaw all\n  dombot thaw domain firma.pl")]
    Thaw(crate::keep::freeze::Thaw),
    /// Write vault and database into one encrypted file, while everything goes on
    #[command(
        after_help = "Examples:\n  dombot backup /mnt/stick/dombot.backup\n\nIt opens with the key file or the printed recovery key; neither is in it."
    )]
    Backup {
        /// Where to; an earlier backup there is replaced
        file: PathBuf,
    },
    /// Make a home out of a backup; nothing of before is ever repeated
    #[command(
        after_help = "Examples:\n  dombot restore /mnt/stick/dombot.backup\n  dombot restore --recovery-key /mnt/stick/dombot.backup      the key file is lost\n\nWhere a home is, move it aside first. Old codes, open plans and other persons' rights are void afterwards."
    )]
    Restore(crate::keep::restore::Restore),
    /// The audit log: a chain of everything that was planned, approved and done
    #[command(
        subcommand,
        after_help = "Examples:\n  dombot audit verify\n  dombot audit verify --head 812:9f3c...      against a head that you kept elsewhere\n  dombot audit export > audit.jsonl"
    )]
    Audit(crate::keep::audit::Audit),
    /// Print completions for a shell
    #[command(
        after_help = "Examples:\n  dombot completions bash > ~/.local/share/bash-completion/completions/dombot\n  dombot completions zsh > ~/.zfunc/_dombot"
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// `dombot doctor`.
#[expect(clippy::struct_excessive_bools, reason = "a command's flags")]
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The clock is right although it went back or jumped: go on from now
    #[arg(long)]
    pub(crate) trust_clock: bool,
    /// Test the printed recovery key, typed without echo or read from standard input; changes nothing
    #[arg(long, conflicts_with = "trust_clock")]
    pub(crate) recovery_key: bool,
    /// With --recovery-key: make the lost key file again, if the typed key opens the vault
    #[arg(long, requires = "recovery_key")]
    pub(crate) write_key: bool,
    /// Accounts and domains with their next dates, out of the database alone
    #[arg(long, conflicts_with_all = ["trust_clock", "recovery_key"])]
    pub(crate) without_vault: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `dombot init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// With a demo world: two registrars, a DNS host and three domains on loopback
    #[arg(long)]
    pub(crate) demo: bool,
    /// Ask nothing; print the secrets once (needs --json)
    #[arg(long, requires = "json")]
    pub(crate) unattended: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of replies
    #[arg(long, value_parser = ["pl", "en"])]
    pub(crate) lang: Option<String>,
    /// Your name
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// `dombot ask`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Speak as this person (name) [default: the host's user]
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Dialogue of several turns: the same word again continues it
    #[arg(long, default_value = "cli")]
    pub(crate) conversation: String,
    /// A file that comes with the words, such as a zone file
    #[arg(long)]
    pub(crate) file: Option<PathBuf>,
    /// What you want
    #[arg(required = true, num_args = 1..)]
    pub(crate) text: Vec<String>,
}

/// `dombot approve`.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// A plan's four characters or its whole id
    pub(crate) plan: String,
    /// Read the code from standard input; a code never stands in an argument
    #[arg(long, value_parser = ["-"])]
    pub(crate) code: Option<String>,
    /// Wait until it is done, and say how
    #[arg(long)]
    pub(crate) wait: bool,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Speak as this person (name)
    #[arg(long)]
    pub(crate) person: Option<String>,
}

/// `dombot parse`.
#[derive(Debug, Args)]
pub(crate) struct Parse {
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Read an evaluation set and print the score
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub(crate) eval: Option<PathBuf>,
    /// Ask this model of the vault's endpoint where the offline parser is unsure
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Ask a server on this machine instead of the vault's, without a key
    #[arg(long, value_name = "URL", requires = "model")]
    pub(crate) model_url: Option<String>,
    /// What it means
    #[arg(required_unless_present = "eval")]
    pub(crate) text: Vec<String>,
}

/// `dombot sandbox`.
#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Folder of its state
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// HTTP face, loopback only
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) http: std::net::SocketAddr,
    /// DNS face, loopback only
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) dns: std::net::SocketAddr,
}

/// `dombot person`.
#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Who is known
    List,
    /// Set up a new authenticator: with a code of the present one, or with a recovery code when the phone is lost
    Enrol {
        /// Use a recovery code; tiers 2 and 3 then wait 24 hours
        #[arg(long)]
        recover: bool,
        /// Whose [default: the host's user]
        #[arg(long)]
        person: Option<String>,
    },
    /// Change language and time zone
    Set {
        /// Language of replies
        #[arg(long, value_parser = ["pl", "en"])]
        lang: Option<String>,
        /// IANA time zone
        #[arg(long)]
        tz: Option<String>,
    },
}

/// `dombot config`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show a value
    Get {
        /// Which
        key: String,
    },
    /// Set a value, read from standard input; asks for a code
    Set {
        /// Which
        key: String,
    },
    /// Show the keys
    List,
}

/// `dombot provider`.
#[derive(Debug, Subcommand)]
pub(crate) enum Provider {
    /// What dombot can connect to, with the settings that each needs and how it was proved
    Kinds {
        /// JSON
        #[arg(long)]
        json: bool,
    },
    /// Connect an account; asks for a code
    Add(AddProvider),
    /// The accounts
    List,
    /// Ask each account whether it works
    Check,
    /// What was done in the account that dombot did not do; exit 1 where there is any
    Audit(crate::keep::provider::AuditArgs),
    /// Freeze the account, take new secrets, try them, keep them with a code, thaw
    Rotate(crate::keep::provider::RotateArgs),
    /// Disconnect an account; asks for a code
    Remove {
        /// Its name
        name: String,
    },
}

/// `dombot provider add`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dombot provider add powerdns --name home --set url=http://127.0.0.1:8081 --secret api_key < key.txt\n  dombot provider add rfc2136 --name bind --set server=127.0.0.1:53 --set zones=firma.pl --set key_name=dombot-key --secret secret < tsig.txt\n\nSecrets are read from standard input, one line each in the order of the --secret options, or asked without echo; then the code."
)]
pub(crate) struct AddProvider {
    /// Which kind: see `dombot provider kinds`
    pub(crate) kind: String,
    /// Your name for it
    #[arg(long)]
    pub(crate) name: String,
    /// A setting that is no secret
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// A secret setting
    #[arg(long = "secret", value_name = "KEY")]
    pub(crate) secrets: Vec<String>,
    /// Authoritative servers to ask after each change
    #[arg(long = "authority", value_name = "ADDRESS:PORT")]
    pub(crate) authorities: Vec<std::net::SocketAddr>,
    /// Read the code from standard input too, as its last line
    #[arg(long, value_parser = ["-"])]
    pub(crate) code: Option<String>,
}

/// `dombot job`.
#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Jobs that are not final, or all of one state
    List {
        /// `open`, `done`, `failed`, `needs_human`, ...
        state: Option<String>,
        /// JSON
        #[arg(long)]
        json: bool,
    },
    /// One job, or all of a plan
    Show {
        /// A job's id, its last characters, or a plan's label
        job: String,
        /// JSON
        #[arg(long)]
        json: bool,
    },
    /// Say what became of a job whose outcome nobody can read; makes a plan that needs a code
    Settle {
        /// A job's id or its last characters
        job: String,
        /// What happened
        #[arg(value_parser = ["happened", "did_not", "leave"])]
        verdict: String,
    },
}
