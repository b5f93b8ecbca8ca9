"""What every page shares: routing with its policy, layout, security headers, language, error pages."""
