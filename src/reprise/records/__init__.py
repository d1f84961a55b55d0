"""What stands beside every result: records, states, trees and their locks."""
