# The Homebrew formula. "make dist URL=..." replaces the placeholders in upper case.
class Capaboot < Formula
  desc "Prepare an AWS account for Cluster API Provider AWS"
  homepage "HOMEPAGE"
  version "VERSION"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "URL_DARWIN_ARM64"
      sha256 "SHA256_DARWIN_ARM64"
    end
    on_intel do
      url "URL_DARWIN_AMD64"
      sha256 "SHA256_DARWIN_AMD64"
    end
  end

  on_linux do
    on_arm do
      url "URL_LINUX_ARM64"
      sha256 "SHA256_LINUX_ARM64"
    end
    on_intel do
      url "URL_LINUX_AMD64"
      sha256 "SHA256_LINUX_AMD64"
    end
  end

  def install
    bin.install "capaboot"
    man1.install Dir["man/man1/*.1"]
    bash_completion.install "completions/capaboot.bash" => "capaboot"
    zsh_completion.install "completions/_capaboot"
    fish_completion.install "completions/capaboot.fish"
    doc.install "README.md", "CHANGELOG.md", "NOTICE", "docs"
  end

  test do
    assert_match "AWSTemplateFormatVersion", shell_output("#{bin}/capaboot bootstrap iam print-cloudformation-template")
  end
end
