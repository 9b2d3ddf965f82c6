"""What the command line says, in the language of LANG: Chinese where it begins with zh, else English."""

from __future__ import annotations

import os
from collections.abc import Mapping

from . import backup_texts, bookkeeping, closing_texts, policy_wording, support_texts

TEXTS: Mapping[str, tuple[str, str]] = {
    **backup_texts.TEXTS,
    **closing_texts.TEXTS,
    **support_texts.TEXTS,
    # what the commands are -------------------------------------------------------------------------------------
    "about": (
        "速达退款：门店的退款台。\n\n\b\n先看看：sudapos demo\n开店：  sudapos init --merchant 名称 --store S01 --admin admin，然后 sudapos up",
        "The refund desk of a shop.\n\n\b\nTo look around: sudapos demo\n"
        "For real:       sudapos init --merchant NAME --store S01 --admin admin, then sudapos up",
    ),
    "demo": (
        "示范商店：一周的销售、模拟渠道、网页和后台，一个终端里全部启动；Ctrl-C 全部停止。\n\n\b\n例：sudapos demo --port 8000",
        "A demo shop with a week of sales, simulated channels, web and worker in one terminal; Ctrl-C stops all."
        "\n\n\b\nExample: sudapos demo --port 8000",
    ),
    "up": (
        "一台机器上的全部：网页、后台，没有 DATABASE_URL 时还有自带的数据库。\n\n\b\n例：sudapos up --host 0.0.0.0 --port 8000",
        "All of one machine: web, worker, and our own database where there is no DATABASE_URL."
        "\n\n\b\nExample: sudapos up --host 0.0.0.0 --port 8000",
    ),
    "serve": (
        "只启动网页和接口。\n\n\b\n例：sudapos serve --port 8000 --workers 4",
        "Web pages and API alone.\n\n\b\nExample: sudapos serve --port 8000 --workers 4",
    ),
    "work": (
        "只启动后台：发送退款、查询结果。可以在多台机器上同时运行。\n\n\b\n例：sudapos work --concurrency 16",
        "The worker alone: sends refunds and asks for their results. Any number may run."
        "\n\n\b\nExample: sudapos work --concurrency 16",
    ),
    "sandbox": (
        "模拟的支付渠道，密钥写在 SUDAPOS_HOME/sandbox。\n\n\b\n例：sudapos sandbox --port 9600",
        "The simulated channels; their keys are written to SUDAPOS_HOME/sandbox."
        "\n\n\b\nExample: sudapos sandbox --port 9600",
    ),
    "init": (
        "第一次开店：建表、商户、第一家门店和管理员。管理员密码会询问，或取自 SUDAPOS_ADMIN_PASSWORD。\n\n\b\n"
        "例：sudapos init --merchant 城西食品 --store S01 --admin admin",
        "First set-up of a shop: tables, merchant, first store and its admin. The password is asked for, or comes"
        " from SUDAPOS_ADMIN_PASSWORD.\n\n\b\nExample: sudapos init --merchant 'West Foods' --store S01 --admin admin",
    ),
    "apikey": (
        "收银机等程序用的接口密钥。\n\n\b\n例：sudapos apikey create till-1 --acts sell,look_up,make_refund",
        "Keys for tills and other programs.\n\n\b\nExample: sudapos apikey create till-1 --acts sell,look_up,make_refund",
    ),
    "apikey_create": (
        "新建密钥；只显示这一次。\n\n\b\n例：sudapos apikey create till-1 --acts sell,look_up,make_refund",
        "A new key; its secret is shown this once.\n\n\b\nExample: sudapos apikey create till-1 --acts sell,look_up,make_refund",
    ),
    "apikey_list": ("列出密钥。\n\n\b\n例：sudapos apikey list", "All keys.\n\n\b\nExample: sudapos apikey list"),
    "apikey_revoke": (
        "立即停用密钥。\n\n\b\n例：sudapos apikey revoke till-1",
        "Stop a key at once.\n\n\b\nExample: sudapos apikey revoke till-1",
    ),
    "account": (
        "与支付渠道的签约（收单账户）。\n\n\b\n例：sudapos account add wechatpay wx-main --config wx.json",
        "Contracts with channels.\n\n\b\nExample: sudapos account add wechatpay wx-main --config wx.json",
    ),
    "account_add": (
        "登记收单账户，或给同名账户换上新配置。\n\n\b\n例：sudapos account add wechatpay wx-main --config wx.json",
        "Add an account, or give the one of this name a new configuration.\n\n\b\n"
        "Example: sudapos account add wechatpay wx-main --config wx.json",
    ),
    "account_list": (
        "列出收单账户。\n\n\b\n例：sudapos account list",
        "All accounts.\n\n\b\nExample: sudapos account list",
    ),
    "account_check": (
        "向渠道发一次不动钱的签名请求，看密钥和地址对不对。\n\n\b\n例：sudapos account check wx-main",
        "A harmless signed call that proves keys and address.\n\n\b\nExample: sudapos account check wx-main",
    ),
    "account_check_in": (
        "收钱吧终端签到：换取当日密钥并保存。\n\n\b\n例：sudapos account check-in sqb-1",
        "Check in a Shouqianba terminal: fetch and keep the key of the day.\n\n\b\nExample: sudapos account check-in sqb-1",
    ),
    "refused": ("{text}；{hint}", "{text}; {hint}"),
    "account_checked_in": ("{name} 已签到，新密钥已保存", "{name} has checked in; its new key is kept"),
    "terminal": (
        "银行卡 POS 终端：签到、消费、批结算。\n\n\b\n例：sudapos terminal show pos-1",
        "Card terminals: sign on, sell, settle.\n\n\b\nExample: sudapos terminal show pos-1",
    ),
    "terminal_sign_on": (
        "签到：取工作密钥和当前批次号。\n\n\b\n例：sudapos terminal sign-on pos-1",
        "Sign on: fetch the working keys and the batch number.\n\n\b\nExample: sudapos terminal sign-on pos-1",
    ),
    "terminal_sale": (
        "消费（金额为元）。卡号只进入这一条报文，不保存。\n\n\b\n例：sudapos terminal sale pos-1 59.80 --number P1001",
        "A sale (amount in yuan). The card's number goes into this message and is not kept.\n\n\b\n"
        "Example: sudapos terminal sale pos-1 59.80 --number P1001",
    ),
    "terminal_settle": (
        "批结算：与主机对总账；不平时逐笔上送。\n\n\b\n例：sudapos terminal settle pos-1",
        "Settle the batch with the host; upload each transaction where the sums differ.\n\n\b\n"
        "Example: sudapos terminal settle pos-1",
    ),
    "terminal_show": (
        "当前批次里的交易。\n\n\b\n例：sudapos terminal show pos-1",
        "What the open batch holds.\n\n\b\nExample: sudapos terminal show pos-1",
    ),
    **policy_wording.TEXTS,
    "keys": (
        "数据库加密的密钥环。\n\n\b\n例：sudapos keys rotate",
        "The key ring that seals data in the database.\n\n\b\nExample: sudapos keys rotate",
    ),
    "keys_rotate": (
        "换一把新密钥，并把旧数据重新加密；各程序不必停。\n\n\b\n例：sudapos keys rotate",
        "A new key, and everything sealed anew with it; programs keep running.\n\n\b\nExample: sudapos keys rotate",
    ),
    "keys_reseal": (
        "把不是最新密钥加密的数据重新加密。\n\n\b\n例：sudapos keys reseal",
        "Seal anew what the newest key has not sealed.\n\n\b\nExample: sudapos keys reseal",
    ),
    "keys_forget": (
        "丢弃旧密钥；还有数据用着时不会丢。\n\n\b\n例：sudapos keys forget",
        "Drop the older keys; refused while anything needs them.\n\n\b\nExample: sudapos keys forget",
    ),
    "keys_show": (
        "密钥有几把，有多少行还在用旧的。\n\n\b\n例：sudapos keys show",
        "How many keys there are, and how many rows need an older one.\n\n\b\nExample: sudapos keys show",
    ),
    "keys_rotated": ("已换新密钥，重新加密 {rows} 行；备份密钥环后运行 sudapos keys forget", "a new key is in use, {rows} rows were sealed anew; back up the key ring, then sudapos keys forget"),
    "keys_resealed": ("重新加密 {rows} 行", "{rows} rows were sealed anew"),
    "keys_forgotten": ("已丢弃 {keys} 把旧密钥", "{keys} older keys are gone"),
    "keys_shown": ("密钥 {keys} 把；{rows} 行还需要旧密钥", "{keys} keys; {rows} rows need an older one"),
    "purge": (
        "到期的个人信息匿名化，账和凭证不动。先加 --dry-run 看看。\n\n\b\n例：sudapos purge --dry-run",
        "Anonymise people whose time is over; books and vouchers stay. Look first with --dry-run.\n\n\b\n"
        "Example: sudapos purge --dry-run",
    ),
    "opt_purge_dry_run": ("只数，不改", "count only, change nothing"),
    "purge_would": (
        "到期：{contacts} 笔销售的个人信息，{words} 笔的文字说明；{held} 笔因保留令不动。什么都没有改",
        "due: people on {contacts} sales, words on {words}; {held} are held. Nothing was changed",
    ),
    "purge_did": (
        "已匿名化 {contacts} 笔销售的个人信息，清空 {words} 笔的文字说明；{held} 笔因保留令不动",
        "people on {contacts} sales were anonymised, words on {words} cleared; {held} are held",
    ),
    "audit": (
        "审计链：导出、链头、核对。\n\n\b\n例：sudapos audit head",
        "The audit chain: export, head, check.\n\n\b\nExample: sudapos audit head",
    ),
    **bookkeeping.TEXTS,
    "audit_export": (
        "把审计记录和封条导出为 JSON 行，第三方用 docs/audit.md 里的脚本即可核对。\n\n\b\n例：sudapos audit export audit.jsonl",
        "Export records and seals as JSON lines; a third party checks them with the script in docs/audit.md.\n\n\b\n"
        "Example: sudapos audit export audit.jsonl",
    ),
    "audit_head": (
        "打印链头；抄在日报上，历史就改不了。\n\n\b\n例：sudapos audit head",
        "Print the chain's head; once it stands on paper, history cannot be rewritten.\n\n\b\nExample: sudapos audit head",
    ),
    "audit_check": (
        "核对全链，并确认以前抄下的链头还在链上。\n\n\b\n例：sudapos audit check 1234:9f86…",
        "Check the whole chain, and that a head which was written down is still in it.\n\n\b\nExample: sudapos audit check 1234:9f86…",
    ),
    "audit_exported": ("已写 {lines} 行到 {file}", "{lines} lines are in {file}"),
    "head_holds": ("链完好，{head} 在链上", "the chain holds, and {head} is in it"),
    "head_broken": (
        "链断了：{kind}，记录 {first}–{last}；请保全数据库并通知审计",
        "the chain is broken: {kind}, records {first} to {last}; secure the database and tell the auditor",
    ),
    "break_altered": ("记录被改动", "a record was altered"),
    "break_missing": ("记录被删除", "a record is missing"),
    "break_inserted": ("记录被插入", "a record was inserted"),
    "break_seal": ("封条被改动", "a seal was altered"),
    "break_head": ("抄下的链头不在链上", "the head that was written down is not in the chain"),
    "statement": (
        "渠道对账文件。\n\n\b\n例：sudapos statement check bill.csv --format wechatpay",
        "Statement files of channels.\n\n\b\nExample: sudapos statement check bill.csv --format wechatpay",
    ),
    "statement_check": (
        "读一份对账文件：合计是否相符，哪一行读不懂；不写入账本。\n\n\b\n例：sudapos statement check bill.csv --format wechatpay",
        "Read a statement file: whether its totals agree, which row cannot be read; nothing is kept.\n\n\b\n"
        "Example: sudapos statement check bill.csv --format wechatpay",
    ),
    "opt_statement_format": ("文件格式", "format of the file"),
    "opt_statement_date": ("清算日期（银联文件需要）", "clearing day (needed for UnionPay)"),
    "opt_mapping": ("列映射（TOML）", "column mapping (TOML)"),
    "statement_row": ("第 {line} 行：{why}（{code}）", "line {line}: {why} ({code})"),
    "statement_total_differs": (
        "{name} 文件写的是 {said}，各行合计是 {found}；请重新下载",
        "{name}: the file says {said}, its rows add up to {found}; download it again",
    ),
    "kind_sale": ("交易", "sales"),
    "kind_refund": ("退款", "refunds"),
    "kind_void": ("撤销", "voids"),
    "kind_other": ("其他", "other"),
    "opt_number": ("我们的付款号，同号只做一次", "our number of the payment; done once"),
    "opt_card": ("卡号（不给就提示输入，不回显）", "card number (asked for, unseen, if left out)"),
    "opt_expiry": ("有效期 YYMM", "expiry, YYMM"),
    "ask_card": ("卡号", "Card number"),
    "ask_expiry": ("有效期 YYMM", "Expiry YYMM"),
    "amount_wrong": ("金额 {amount} 不对；写成元，例如 59.80", "{amount} is no amount; write yuan, e.g. 59.80"),
    "card_wrong": ("卡号应为 13–19 位数字，有效期为 YYMM", "a card number has 13 to 19 digits, an expiry is YYMM"),
    "terminal_signed_on": ("{name} 已签到，批次 {batch}", "{name} has signed on, batch {batch}"),
    "terminal_sold": (
        "已收 {amount} 元 · 批次 {batch} 凭证号 {trace} 参考号 {reference} 授权码 {auth} 卡号 {card}；录入销售时请带上这些号码",
        "{amount} yuan taken · batch {batch} trace {trace} reference {reference} auth {auth} card {card}; give these "
        "numbers with the sale",
    ),
    "terminal_not_sold": (
        "没有收到款：{code} {response}；没有答复的消费会自动冲正，请勿重复刷卡，先看 sudapos terminal show",
        "no money was taken: {code} {response}; a sale without an answer is reversed by itself, look with sudapos terminal "
        "show before trying again",
    ),
    "terminal_settled": ("批次 {batch} 对账平，已结算", "batch {batch} balanced and is settled"),
    "terminal_uploaded": (
        "批次 {batch} 对账不平，已上送 {count} 笔；请财务与收单机构核对",
        "batch {batch} did not balance, {count} transactions were uploaded; finance compares with the acquirer",
    ),
    "terminal_shown": ("{name} · 批次 {batch} · 上次签到 {signed_on}", "{name} · batch {batch} · signed on {signed_on}"),
    "terminal_silent": (
        "终端 {name} 没有办成：{said}；请核对主机地址、主密钥和网络",
        "terminal {name} did not get through: {said}; check the host, the master key and the network",
    ),
    "import_sales": (
        "从文件导入销售单；同一单号的行合成一单，重复导入不会改变什么。\n\n\b\n例：\n"
        "sudapos import-sales sales.csv --payment cash \\\n"
        "  --columns sale_no=InvoiceNo,sku=StockCode,name=Description,quantity=Quantity,unit_price=UnitPrice:yuan,sold_at=InvoiceDate",
        "Sales from a file; rows of one sale number together, and a repeat changes nothing.\n\n\b\nExample:\n"
        "sudapos import-sales sales.csv --payment cash \\\n"
        "  --columns sale_no=InvoiceNo,sku=StockCode,name=Description,quantity=Quantity,unit_price=UnitPrice:yuan,sold_at=InvoiceDate",
    ),
    "verify": (
        "核对账本：审计链、试算平衡、承诺与退款支付、退款支付与分录。\n\n\b\n例：sudapos verify",
        "Check the books: audit chain, trial balance, promises against legs, legs against entries."
        "\n\n\b\nExample: sudapos verify",
    ),
    "doctor": (
        "这套安装哪里不对，用白话说。\n\n\b\n例：sudapos doctor",
        "What is wrong with this installation, in plain words.\n\n\b\nExample: sudapos doctor",
    ),
    # options ---------------------------------------------------------------------------------------------------
    "opt_acts": ("允许的操作，逗号分隔；* 为全部", "what it may do, comma separated; * for everything"),
    "opt_key_store": ("只给这一家门店用；不写则不限门店", "for this one store only; every store without it"),
    "opt_account": ("收单账户名", "name of the account that took the payments"),
    "opt_admin": ("管理员代码", "code of the admin"),
    "opt_columns": ("字段=列名,…；小数金额在列名后加 :yuan", "field=Header,…; :yuan behind a decimal amount"),
    "opt_concurrency": ("同时进行的渠道请求数", "calls to channels under way at once"),
    "opt_config": ("JSON 配置文件", "JSON file with the configuration"),
    "opt_dry_run": ("只判断，不写入", "decide everything, write nothing"),
    "opt_format": ("文件格式", "format of the file"),
    "opt_fresh": ("先清空示范商店", "wipe the demo shop first"),
    "opt_host": ("监听地址", "address to listen on"),
    "opt_merchant": ("商户名称", "name of the merchant"),
    "opt_once": ("做完到期的就退出", "stop when nothing is due"),
    "opt_payment": ("文件里没有付款方式时用的渠道", "channel of sales whose file names no payment"),
    "opt_port": ("端口", "port"),
    "opt_sandbox_port": ("模拟渠道的端口", "port of the simulated channels"),
    "opt_store": ("门店代码", "code of the store"),
    "opt_workers": ("网页进程数", "web processes"),
    # results ---------------------------------------------------------------------------------------------------
    "account_added": ("已登记收单账户 {name}（{channel}）", "account {name} ({channel}) is there"),
    "account_fine": ("{name} 正常：{said}", "{name} works: {said}"),
    "account_missing_any": ("没有收单账户 {name}；用 sudapos account list 查看", "there is no account {name}; see sudapos account list"),
    "account_not_working": ("{name} 不通：{why}；请核对配置和网络", "{name} does not work: {why}; check its configuration and the network"),
    "config_not_json": ("{file} 不是 JSON 对象（键和值都是文字）", "{file} is not a JSON object of texts"),
    "initialised": (
        "{merchant} 已开店：门店 {store}，管理员 {admin}。下一步：sudapos up",
        "{merchant} is set up: store {store}, admin {admin}. Next: sudapos up",
    ),
    "key_created": ("密钥 {name}（{acts}），只显示这一次：", "key {name} ({acts}), shown this once:"),
    "key_revoked": ("密钥 {name} 已停用", "key {name} is revoked"),
    "key_state_live": ("有效", "live"),
    "key_state_revoked": ("已停用", "revoked"),
    "none_yet": ("还没有", "none yet"),
    "row_refused": ("第 {line} 行 {sale_no}：{why}（{code}）", "line {line} {sale_no}: {why} ({code})"),
    "dry_run": ("试运行：什么都没有写入", "dry run: nothing was written"),
    "work_done": ("后台已停止", "the worker has stopped"),
    "listening": ("网页：{url}", "web: {url}"),
    "up_ready": ("速达退款已启动：{url}（Ctrl-C 停止）", "sudapos is up: {url} (Ctrl-C stops it)"),
    "stopping": ("正在停止…", "stopping…"),
    "stopping_waits": (
        "还有渠道请求没有答复，等它们结束；再按一次 Ctrl-C 立即停止",
        "calls to channels are still under way, waiting for them; Ctrl-C again stops at once",
    ),
    "stopped": ("已停止", "stopped"),
    # verify and doctor -----------------------------------------------------------------------------------------
    "check_chain": ("审计链", "audit chain"),
    "check_trial_balance": ("试算平衡", "trial balance"),
    "check_promises": ("承诺与退款支付", "promises against legs"),
    "check_entries": ("退款支付与分录", "legs against entries"),
    "check_corrections": ("更正单与分录", "corrections against entries"),
    "check_compensations": ("赔偿单与分录", "compensations against entries"),
    "check_holds": ("✓ {check}", "✓ {check}"),
    "check_broken": (
        "✗ {check}：{place} 应为 {expected}，实为 {found}",
        "✗ {check}: {place} should be {expected} and is {found}",
    ),
    "doctor_accounts": ("收单账户", "accounts"),
    "doctor_account_bad": ("{name}：配置不能用（{why}）；用 sudapos account add 重新登记", "{name}: unusable configuration ({why}); add it again with sudapos account add"),
    "doctor_current": ("最新", "up to date"),
    "doctor_clock": ("时钟", "clock"),
    "doctor_clock_off": ("与数据库相差 {seconds} 秒；请校准这台机器的时间", "{seconds} s apart from the database; set this machine's clock"),
    "doctor_database": ("数据库", "database"),
    "doctor_database_old": ("PostgreSQL {version} 太旧，需要 15 以上", "PostgreSQL {version} is too old; 15 or newer is needed"),
    "doctor_fonts": ("中文字体", "Chinese fonts"),
    "doctor_fonts_none": ("{path} 不能用；请重新安装 sudapos", "{path} is unusable; install sudapos again"),
    "doctor_home": ("数据目录", "home"),
    "doctor_home_bad": ("{path} 不能写入；请检查权限或另设 SUDAPOS_HOME", "{path} is not writable; check its permissions or set SUDAPOS_HOME"),
    "doctor_migrations": ("数据表", "tables"),
    "doctor_migrations_pending": ("还差 {count} 步（{first}）；运行 sudapos up 或 sudapos init", "{count} steps behind ({first}); run sudapos up or sudapos init"),
    "doctor_secret": ("密钥", "secret key"),
    "doctor_secret_open": ("{path} 其他用户可读；运行 chmod 600 {path}", "{path} can be read by others; run chmod 600 {path}"),
    "doctor_secret_short": ("太短，至少 32 个字符；请更换 SUDAPOS_SECRET_KEY", "too short, 32 characters at least; change SUDAPOS_SECRET_KEY"),
    "doctor_shop": ("商户", "shop"),
    "doctor_shop_none": ("还没有开店；运行 sudapos init 或 sudapos demo", "not set up yet; run sudapos init or sudapos demo"),
    "doctor_people": ("人员", "people"),
    "doctor_people_demo": ("演示店：密码写在 demo.json，第二因素可不设", "a demo: passwords stand in demo.json, second factors are optional"),
    "doctor_people_of_demo": ("数据库里是演示店，它的密码和密钥写在别处的文件里；正式使用请用空数据库重新 sudapos init", "this database holds the demo shop, whose passwords and key stand in a file elsewhere; run sudapos init on an empty one"),
    "doctor_factor_offered": ("SUDAPOS_SECOND_FACTOR 是 {value}：店长、财务、审计、管理员不用第二因素就能登录；请删掉这项设置", "SUDAPOS_SECOND_FACTOR is {value}: managers, finance, auditors and administrators get in with a password alone; remove the setting"),
    "doctor_people_fine": ("必须有第二因素；{waiting} 人还没设自己的密码", "second factors are required; {waiting} with no password of their own yet"),
    "doctor_settings": ("设置来自哪里：", "where the settings come from:"),
    "place_environment": ("环境变量", "environment"),
    "place_default": ("默认", "default"),
    # what went wrong -------------------------------------------------------------------------------------------
    "bug": (
        "程序出错（{what}），这不是您的错。详情已写入 {file}，请发给技术支持",
        "the program made a mistake ({what}), not you. Details are in {file}; please send it to support",
    ),
    "child_died": ("{name} 意外停止（退出码 {code}）。它最后说：", "{name} stopped unexpectedly (exit {code}). Its last words:"),
    "database_unreachable": (
        "连不上数据库：{why}；请检查 DATABASE_URL 和数据库是否在运行",
        "the database cannot be reached: {why}; check DATABASE_URL and whether it runs",
    ),
    "demo_fresh_foreign": (
        "--fresh 只清空示范程序自己的数据库；DATABASE_URL 指向的数据库请自行清空",
        "--fresh wipes only the demo's own database; empty the one behind DATABASE_URL yourself",
    ),
    "demo_lost": (
        "示范商店的口令文件 {file} 不见了；用 sudapos demo --fresh 重新开始",
        "the demo's passwords ({file}) are gone; start again with sudapos demo --fresh",
    ),
    "demo_making": ("第一次启动：正在准备示范商店和一周的销售…", "first start: making the demo shop and a week of sales…"),
    "demo_ready": ("示范商店：{url}（Ctrl-C 停止）\n用户：", "demo shop: {url} (Ctrl-C stops it)\nusers:"),
    "demo_key": ("接口密钥（可做一切）：{key}", "API key (may do everything): {key}"),
    "demo_sandbox": ("模拟渠道：{url}", "simulated channels: {url}"),
    "demo_stuck": (
        "有一笔支付宝退款卡住了：渠道已付款，答复丢了。请用 f01 登录看看怎么办。",
        "One Alipay refund is stuck: the channel paid and its answer was lost. Sign in as f01 and see what to do.",
    ),
    "demo_running": ("{home} 里已有一个示范在运行；先停止它，或另设 SUDAPOS_HOME", "a demo runs in {home} already; stop it first, or set another SUDAPOS_HOME"),
    "demo_real_shop": (
        "这里是真实的商店「{merchant}」，不是示范；请为示范另设 SUDAPOS_HOME",
        "this is a real shop, “{merchant}”, not the demo; set another SUDAPOS_HOME for the demo",
    ),
    "file_is_folder": ("{file} 是文件夹；请指明其中的文件", "{file} is a folder; name the file in it"),
    "payment_unknown": ("没有付款方式 {payment}；可以用：{allowed}", "there is no payment channel {payment}; the allowed ones: {allowed}"),
    "file_missing": ("没有文件 {file}；请检查路径", "there is no file {file}; check the path"),
    "file_trouble": ("{file}：{why}", "{file}: {why}"),
    "not_ready": ("{name} 在 {seconds} 秒内没有准备好；日志在 {file}", "{name} was not ready within {seconds} s; its log is {file}"),
    "password_needed": ("需要管理员密码：在终端输入，或设 SUDAPOS_ADMIN_PASSWORD", "an admin password is needed: type it at the prompt or set SUDAPOS_ADMIN_PASSWORD"),
    "password_weak": ("密码不合格：{why}", "the password will not do: {why}"),
    "payment_needed": (
        "文件里没有付款方式的列；用 --payment 说明怎么付的，例如 --payment cash",
        "the file has no column for payments; say with --payment how these sales were paid, e.g. --payment cash",
    ),
    "port_taken": ("端口 {port} 已被占用；用 {option} 换一个", "port {port} is in use; choose another with {option}"),
    "settings_bad_key": ("{file} 里的「{key}」不认识；可用：{known}", "{file} has an unknown setting “{key}”; known are {known}"),
    "settings_broken": ("{file} 不能读：{why}", "{file} cannot be read: {why}"),
    "not_set_up": ("数据库还没有准备好；先运行 sudapos init（真实商店）或 sudapos demo（示范）", "the database is not set up; run sudapos init (a real shop) or sudapos demo first"),
    "merchant_not_set_up": ("还没有开店；先运行 sudapos init", "there is no shop yet; run sudapos init first"),
    "merchant_exists": ("已经开过店了；直接运行 sudapos up", "the shop is set up already; run sudapos up"),
    "store_not_found": ("没有门店 {store}；用 --store 指定", "there is no store {store}; name one with --store"),
    "account_not_found": ("没有收单账户 {account}；用 sudapos account list 查看", "there is no account {account}; see sudapos account list"),
    "account_has_other_channel": ("账户 {name} 属于 {channel}", "account {name} belongs to {channel}"),
    "name_taken": ("名称 {name} 已被使用", "the name {name} is taken"),
    "key_not_found": ("没有密钥 {name}；用 sudapos apikey list 查看", "there is no key {name}; see sudapos apikey list"),
    "unknown_act": ("没有这些操作：{acts}；可用：{known}", "there are no such acts: {acts}; known are {known}"),
    "channel_not_connected": ("还没有接入 {channel}；已接入：{known}", "{channel} is not connected; connected are {known}"),
    "config_invalid": ("配置不对：{why}", "the configuration is wrong: {why}"),
}  # fmt: skip


def language() -> str:
    """`zh` or `en`, as the terminal is set."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if named.lower().startswith("zh") else "en"


def say(key: str, /, **facts: object) -> str:
    """A sentence of the catalogue with its facts."""
    return TEXTS[key][language() == "en"].format_map(facts)
