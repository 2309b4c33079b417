# Completion of NAME for PowerShell. In this session:
#   NAME completion powershell | Out-String | Invoke-Expression
# In every session: the same line in the file that $PROFILE names.
Register-ArgumentCompleter -Native -CommandName 'NAME' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @()
    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
        if ($element.Extent.StartOffset -ge $cursorPosition) { break }
        $text = $element.Extent.Text
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $text = $element.Value }
        $words += $text
    }
    $words += $wordToComplete.Trim("'", '"')
    # Passed on stdin, so that process lists do not show what was typed.
    $lines = @(($words -join "`n") | & (Get-Command -CommandType Application 'NAME' | Select-Object -First 1) __complete powershell 2>$null)
    if ($lines.Count -eq 0) { return }
    # The last line has a number, which PowerShell does not need: it adds no space, and
    # completes file names when there is no other candidate.
    foreach ($line in $lines | Select-Object -SkipLast 1) {
        $value, $text = $line -split "`t", 2
        if (-not $text) { $text = $value }
        $typed = $value
        if ($typed -match "[\s'`"``$;|&(){}@#,<>*]") { $typed = "'" + $typed.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($typed, $value, 'ParameterValue', $text)
    }
}
